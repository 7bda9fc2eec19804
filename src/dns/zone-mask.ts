/**
 * Keeps the keys of DNSBL customers out of every output. Some operators have
 * their customers write a key into the name of the zone
 * (`KEY.zen.dq.spamhaus.net`): who reads it in a log or a reply can use it up.
 *
 * Knows the operators that do so, and the zones that `dns.zones` calls
 * private. A key is shown as `*`.
 */

/** Zones below which names are KEY.LIST.ZONE, each with where that is said. */
export const KEYED_ZONES: readonly { readonly zone: string; readonly source: string }[] = Object.freeze([
  {
    zone: 'dq.spamhaus.net',
    source:
      'https://docs.spamhaus.com/datasets/docs/source/70-access-methods/data-query-service/010-intro.html',
  },
  { zone: 'mail.abusix.zone', source: 'https://docs.abusix.com/abusix-mail-intelligence' },
]);

const LABEL = '[a-z0-9_-]+';
const MASK = '*';

export class ZoneMask {
  readonly #patterns: readonly RegExp[];

  /** @param privateZones whole names whose first label is a key */
  constructor(privateZones: Iterable<string> = []) {
    const keyed = KEYED_ZONES.map(
      ({ zone }) =>
        new RegExp(`(?<![a-z0-9_-])${LABEL}(?=\\.${LABEL}\\.${quoted(zone)}(?![a-z0-9_-]))`, 'gi'),
    );
    const named = Array.from(privateZones, (zone) => {
      const dot = zone.indexOf('.');
      const [key, rest] = dot < 0 ? [zone, ''] : [zone.slice(0, dot), zone.slice(dot)];
      return new RegExp(`(?<![a-z0-9_-])${quoted(key)}(?=${quoted(rest)}(?![a-z0-9_-]))`, 'gi');
    });
    this.#patterns = [...keyed, ...named];
  }

  /** The text with every key in it masked, be it a name or a whole sentence; the text itself when there is none. */
  text(text: string): string {
    let masked = text;
    for (const pattern of this.#patterns) masked = masked.replace(pattern, MASK);
    return masked;
  }

  /** The same with as many `*` as the key has characters, for text that is pointed into. */
  aligned(text: string): string {
    let masked = text;
    for (const pattern of this.#patterns) masked = masked.replace(pattern, (key) => MASK.repeat(key.length));
    return masked;
  }
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
