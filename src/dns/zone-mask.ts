/**
 * Keeps the keys of DNSBL customers out of every output. Some operators have
 * their customers write a key into the name of the zone
 * (`KEY.zen.dq.spamhaus.net`): who reads it in a log or a reply can use it up.
 *
 * Knows the operators that do so, and the zones that `dns.zones` calls
 * private. A key is shown as `*`, whatever its length. It is found by the name
 * it stands in, so a text is masked before it is cut, and a value before it
 * becomes JSON.
 */

/** Below these zones stand names with a key, each with where that is said. */
export const KEYED_ZONES: readonly KeyedZone[] = Object.freeze([
  {
    zone: 'dq.spamhaus.net',
    key: 'KEY.LIST.ZONE',
    source:
      'https://docs.spamhaus.com/datasets/docs/source/70-access-methods/data-query-service/010-intro.html',
  },
  {
    zone: 'mail.abusix.zone',
    key: 'KEY.LIST.ZONE',
    source: 'https://docs.abusix.com/abusix-mail-intelligence',
  },
  // Data feed over DNS.
  { zone: 'df.uribl.com', key: 'KEY.ZONE', source: 'http://www.uribl.com/usage.shtml' },
  // Email Reputation Services, Standard (r) and Advanced (q): the key is the activation code.
  {
    zone: 'r.mail-abuse.com',
    key: 'KEY.ZONE',
    source: 'http://us.trendmicro.com/us/products/enterprise/network-reputation-services/mta-configuration/',
  },
  {
    zone: 'q.mail-abuse.com',
    key: 'KEY.ZONE',
    source: 'http://us.trendmicro.com/us/products/enterprise/network-reputation-services/mta-configuration/',
  },
]);

interface KeyedZone {
  readonly zone: string;
  readonly key: 'KEY.ZONE' | 'KEY.LIST.ZONE';
  readonly source: string;
}

/** A part of a text, `end` exclusive. */
export interface MaskedPlace {
  readonly start: number;
  readonly end: number;
}

const LABEL = '[a-z0-9_-]+';
const MASK = '*';
/** A name begins here: also behind the escape sequence of a colour, but not in one. */
const BEGIN = String.raw`(?<!\x1b\[[\d;]*)(?<=^|[^a-z0-9_-]|\x1b\[[\d;]*m)`;
const END = '(?![a-z0-9_-])';
const NOWHERE: readonly MaskedPlace[] = Object.freeze([]);

export class ZoneMask {
  /** What is in every text that holds a key. */
  readonly #sign: RegExp;
  readonly #patterns: readonly RegExp[];

  /** @param privateZones whole names whose first label is a key */
  constructor(privateZones: Iterable<string> = []) {
    const signs = KEYED_ZONES.map(({ zone }) => quoted(`.${zone}`));
    const patterns = KEYED_ZONES.map(({ zone, key }) => {
      const list = key === 'KEY.ZONE' ? '' : String.raw`\.${LABEL}`;
      return `${BEGIN}${LABEL}(?=${list}${quoted(`.${zone}`)}${END})`;
    });
    for (const zone of privateZones) {
      const dot = zone.indexOf('.');
      const [key, rest] = dot < 0 ? [zone, ''] : [zone.slice(0, dot), zone.slice(dot)];
      signs.push(quoted(rest === '' ? key : rest));
      patterns.push(`${BEGIN}${quoted(key)}(?=${quoted(rest)}${END})`);
    }
    this.#sign = new RegExp(signs.join('|'), 'i');
    this.#patterns = patterns.map((pattern) => new RegExp(pattern, 'gi'));
  }

  /** The text with every key in it masked, be it a name or a whole sentence; the text itself when there is none. */
  text(text: string): string {
    const places = this.places(text);
    if (places.length === 0) return text;
    let masked = '';
    let from = 0;
    for (const { start, end } of places) {
      masked += text.slice(from, start) + MASK;
      from = end;
    }
    return masked + text.slice(from);
  }

  /** Where in the text the keys are, from left to right. */
  places(text: string): readonly MaskedPlace[] {
    if (!this.#sign.test(text)) return NOWHERE;
    const found = this.#patterns.flatMap((pattern) =>
      Array.from(text.matchAll(pattern), ({ 0: key, index }) => ({ start: index, end: index + key.length })),
    );
    found.sort((a, b) => a.start - b.start);
    // A zone that is known and named as private besides.
    return found.filter(({ start }, at) => start >= (found[at - 1]?.end ?? 0));
  }

  /** A value with every text in it masked, names of members too: what is to become JSON. */
  value<T>(value: T): T {
    if (typeof value === 'string') return this.text(value) as T;
    if (Array.isArray(value)) return value.map((item) => this.value(item)) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [this.text(name), this.value(member)]),
    ) as T;
  }
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
