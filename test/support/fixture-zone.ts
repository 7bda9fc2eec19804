/**
 * The zone text of the fixture DNS server, and the answers it gives.
 *
 * One entry a line; `#` and `;` start a comment; words may be quoted; names are absolute, a trailing dot is
 * optional, case does not matter. A TTL in seconds may precede the type (default 60).
 *
 *     mail.good.test        A      192.0.2.10          also AAAA, NS, CNAME, PTR
 *     good.test         60  MX     10 mail.good.test   `0 .` is a null MX
 *     good.test             TXT    "one" " string"     one record of several character-strings; over 255 bytes are split
 *     good.test        300  SOA    ns.good.test host.good.test 1 3600 600 86400 30   (the numbers may be left out)
 *     raw.test              TYPE16 02ff41              record data in hexadecimal
 *     *.wild.test           A      192.0.2.1           wildcards as in RFC 4592
 *
 *     @ptr   192.0.2.10 mail.good.test                 PTR record under in-addr.arpa or ip6.arpa
 *     @dnsbl bl.test 192.0.2.10 127.0.0.2,127.0.0.4 "why"    reversed address: A records, and a TXT record per reason
 *     @rhsbl rhs.test spam.test 127.0.0.2 "why"        the same by domain name
 *
 * Behaviours go by exact name or `*.suffix` (the nearest one counts), and may be limited to one type:
 *
 *     NAME !SERVFAIL [TYPE]      likewise !REFUSED !FORMERR !NOTIMP !NXDOMAIN !NODATA
 *     NAME !TIMEOUT [TYPE]       no answer
 *     NAME !DELAY MS [TYPE]      the answer comes late
 *     NAME !LOSE N [TYPE]        the first N queries get no answer
 *     NAME !TRUNCATE [TYPE]      over UDP an empty answer with the TC bit, over TCP the whole
 *     NAME !NOEDNS [TYPE]        FORMERR to a query that carries EDNS0
 *     NAME !GARBAGE [TYPE]       header and question are right, the rest cannot be parsed
 *     NAME !REFERRAL [TYPE]      what a server says that does not recurse: no answer, no SOA, neither AA nor RA
 *     NAME !NOSOA [TYPE]         a negative answer without SOA
 *     NAME !PARTIAL [TYPE]       a CNAME without what it points to
 *     NAME !WRONG_ID ADDR [TYPE]        before the true answer comes a forged one (ADDR as its only A record) with another id,
 *     NAME !WRONG_QUESTION ADDR [TYPE]  or for another question,
 *     NAME !WRONG_SOURCE ADDR [TYPE]    or from another port
 *
 * A name that exists or has descendants answers NODATA for types it does not have, any other name NXDOMAIN. A negative
 * answer carries the SOA of the nearest enclosing zone that has one, else one that allows 5 seconds. A CNAME loop is
 * answered as BIND does: NOERROR, the chain, nothing else.
 */
import { encodeRecordData, reverseName } from './fixture-wire.ts';

export interface ZoneRecord {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly data: Buffer;
  /** CNAME only: where it points. */
  readonly target: string;
}

export interface Forgery {
  readonly how: 'id' | 'question' | 'source';
  readonly address: string;
}

export interface ZoneAnswer {
  /** Undefined: stay silent. */
  readonly rcode: number | undefined;
  readonly records: readonly ZoneRecord[];
  readonly soa: ZoneRecord | undefined;
  readonly delayMs: number;
  readonly forgeries: readonly Forgery[];
  readonly isTruncated: boolean;
  readonly isGarbage: boolean;
  readonly isReferral: boolean;
}

interface Behaviour {
  readonly kind: string;
  readonly argument: string;
  /** '' for every type. */
  readonly type: string;
  remaining: number;
}

const RCODES: Record<string, number> = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };
const FORGERIES: Record<string, Forgery['how']> = {
  WRONG_ID: 'id',
  WRONG_QUESTION: 'question',
  WRONG_SOURCE: 'source',
};
const FLAGS = new Set(['NODATA', 'TIMEOUT', 'TRUNCATE', 'NOEDNS', 'GARBAGE', 'REFERRAL', 'NOSOA', 'PARTIAL']);
const WITH_ARGUMENT = new Set(['DELAY', 'LOSE', ...Object.keys(FORGERIES)]);
const DEFAULT_TTL_SECONDS = 60;
const DEFAULT_SOA = ['ns.invalid', 'host.invalid', '1', '3600', '600', '86400', '60'];

/** A parsed zone text. Throws an Error with the line number on a line it cannot read. */
export class FixtureZone {
  readonly #records = new Map<string, Map<string, ZoneRecord[]>>();
  readonly #behaviours = new Map<string, Behaviour[]>();
  readonly #ancestors = new Set<string>();

  constructor(text: string) {
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      try {
        this.#readLine(splitWords(line));
      } catch (error) {
        throw new Error(`fixture zone, line ${index + 1}: ${String(error)}: ${line}`);
      }
    }
  }

  /** What the server says to a question. `LOSE` counts, so this changes the zone. */
  answer(question: string, type: string, hasEdns: boolean): ZoneAnswer {
    const records: ZoneRecord[] = [];
    const seen = new Set<string>();
    const forgeries: Forgery[] = [];
    let [delayMs, isTruncated, isGarbage, isReferral, hasSoa] = [0, false, false, false, true];
    let name = normalize(question);
    const say = (rcode: number | undefined): ZoneAnswer => {
      const isNegative = (rcode === 0 || rcode === 3) && !records.some((record) => record.type === type);
      const soa = isNegative && hasSoa ? this.#soa(name) : undefined;
      return { rcode, records, soa, delayMs, forgeries, isTruncated, isGarbage, isReferral };
    };
    for (;;) {
      let isPartial = false;
      for (const behaviour of this.#behavioursOf(name, type)) {
        const { kind, argument } = behaviour;
        const how = FORGERIES[kind];
        if (kind === 'DELAY') delayMs += Number(argument);
        else if (kind === 'TIMEOUT') return say(undefined);
        else if (kind === 'LOSE') {
          if (behaviour.remaining-- > 0) return say(undefined);
        } else if (kind === 'NOEDNS') {
          if (hasEdns) return say(RCODES['FORMERR']);
        } else if (kind === 'NODATA') return say(0);
        else if (kind === 'REFERRAL') {
          isReferral = true;
          return say(0);
        } else if (kind === 'TRUNCATE') isTruncated = true;
        else if (kind === 'GARBAGE') isGarbage = true;
        else if (kind === 'NOSOA') hasSoa = false;
        else if (kind === 'PARTIAL') isPartial = true;
        else if (how !== undefined) forgeries.push({ how, address: argument });
        else return say(RCODES[kind]);
      }
      const found = this.#find(name);
      if (found === undefined) return say(3);
      const alias = type === 'CNAME' ? undefined : found.get('CNAME')?.[0];
      if (alias === undefined) {
        for (const record of found.get(type) ?? []) records.push({ ...record, name });
        return say(0);
      }
      if (!seen.has(name)) records.push({ ...alias, name });
      if (seen.has(name) || isPartial) {
        hasSoa = false;
        return say(0);
      }
      seen.add(name);
      name = alias.target;
    }
  }

  #readLine(words: string[]): void {
    const [first, second] = words;
    if (first === undefined) return;
    if (second === undefined) throw new Error('too few words');
    if (first === '@ptr') {
      this.#add(reverseName(second), 'PTR', words.slice(2), DEFAULT_TTL_SECONDS);
      return;
    }
    if (first === '@dnsbl' || first === '@rhsbl') {
      const [subject = '', answers = ''] = words.slice(2);
      const name = first === '@dnsbl' ? reverseName(subject, second) : `${subject}.${second}`;
      for (const address of answers.split(',')) this.#add(name, 'A', [address], DEFAULT_TTL_SECONDS);
      for (const reason of words.slice(4)) this.#add(name, 'TXT', [reason], DEFAULT_TTL_SECONDS);
      return;
    }
    if (second.startsWith('!')) {
      this.#addBehaviour(first, second.slice(1).toUpperCase(), words.slice(2));
      return;
    }
    const hasTtl = /^\d+$/.test(second);
    const rest = words.slice(hasTtl ? 2 : 1);
    if (rest[0]?.toUpperCase() === 'IN') rest.shift();
    const type = rest.shift()?.toUpperCase() ?? '';
    this.#add(first, type, rest, hasTtl ? Number(second) : DEFAULT_TTL_SECONDS);
  }

  #addBehaviour(name: string, kind: string, words: string[]): void {
    const argument = WITH_ARGUMENT.has(kind) ? (words.shift() ?? '') : '';
    if (!FLAGS.has(kind) && !WITH_ARGUMENT.has(kind) && !(kind in RCODES))
      throw new Error(`no behaviour !${kind}`);
    const behaviour = {
      kind,
      argument,
      type: words[0]?.toUpperCase() ?? '',
      remaining: Number(argument) || 0,
    };
    const list = this.#behaviours.get(normalize(name));
    if (list === undefined) this.#behaviours.set(normalize(name), [behaviour]);
    else list.push(behaviour);
  }

  #add(rawName: string, rawType: string, data: readonly string[], ttlSeconds: number): void {
    const name = normalize(rawName);
    const type = rawType === 'TYPE16' ? 'TXT' : rawType;
    const record: ZoneRecord = {
      name,
      type,
      ttlSeconds,
      data: encodeRecordData(rawType, data),
      target: type === 'CNAME' ? normalize(data[0] ?? '') : '',
    };
    const types = this.#records.get(name) ?? new Map<string, ZoneRecord[]>();
    this.#records.set(name, types);
    types.set(type, [...(types.get(type) ?? []), record]);
    for (const ancestor of ancestors(name)) this.#ancestors.add(ancestor);
  }

  *#behavioursOf(name: string, type: string): Generator<Behaviour> {
    for (const key of [name, ...ancestors(name).map((ancestor) => `*.${ancestor}`)]) {
      const behaviours = this.#behaviours.get(key);
      if (behaviours === undefined) continue;
      for (const behaviour of behaviours) {
        if (behaviour.type === '' || behaviour.type === type) yield behaviour;
      }
      return;
    }
  }

  #find(name: string): ReadonlyMap<string, ZoneRecord[]> | undefined {
    const exact = this.#records.get(name);
    if (exact !== undefined) return exact;
    if (this.#ancestors.has(name) || this.#behaviours.has(name)) return new Map();
    for (const ancestor of ancestors(name)) {
      const wildcard = this.#records.get(`*.${ancestor}`);
      if (wildcard !== undefined) return wildcard;
      if (this.#records.has(ancestor) || this.#ancestors.has(ancestor)) return undefined;
    }
    return undefined;
  }

  #soa(name: string): ZoneRecord {
    for (const zone of [name, ...ancestors(name)]) {
      const soa = this.#records.get(zone)?.get('SOA')?.[0];
      if (soa !== undefined) return soa;
    }
    return { name: '', type: 'SOA', ttlSeconds: 5, data: encodeRecordData('SOA', DEFAULT_SOA), target: '' };
  }
}

function normalize(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** `a.b.c` → `b.c`, `c`. */
function ancestors(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'));
}

function splitWords(line: string): string[] {
  const words: string[] = [];
  const pattern = /\s+|[#;].*$|((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#;"'])+)/gy;
  let end = 0;
  for (const match of line.matchAll(pattern)) {
    end = match.index + match[0].length;
    const word = match[1];
    if (word === undefined) continue;
    words.push(
      word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
        double === undefined ? (single ?? '') : double.replace(/\\(.)/g, '$1'),
      ),
    );
  }
  if (end < line.length) throw new Error('unbalanced quotes');
  return words;
}
