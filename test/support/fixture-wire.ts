/**
 * The wire side of the fixture DNS server: record data, questions and answers as bytes (RFC 1035 §4).
 * Written apart from the client's codec, so that the two check each other.
 */
import type { ZoneAnswer, ZoneRecord } from './fixture-zone.ts';

const TYPES: Record<string, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
};
const TYPE_NAMES = new Map(Object.entries(TYPES).map(([name, code]) => [code, name]));
const OPT = 41;
const FLAG_RESPONSE = 0x8000;
const FLAG_AUTHORITATIVE = 0x0400;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSION_DESIRED = 0x0100;
const FLAG_RECURSION_AVAILABLE = 0x0080;

export interface Question {
  readonly id: number;
  readonly flags: number;
  readonly name: string;
  readonly type: string;
  /** Name, type and class, as they came. */
  readonly bytes: Buffer;
  /** The EDNS0 payload size that was offered, 0 without EDNS0. */
  readonly ednsSize: number;
}

/** The one question of a query; undefined for what is none. */
export function decodeQuestion(message: Buffer): Question | undefined {
  if (message.length < 17 || message.readUInt16BE(4) !== 1) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & FLAG_RESPONSE) !== 0) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  at += 1;
  if (at + 4 > message.length) return undefined;
  const code = message.readUInt16BE(at);
  const hasOpt = message.length >= at + 15 && message.readUInt16BE(at + 5) === OPT;
  return {
    id: message.readUInt16BE(0),
    flags,
    name: labels.join('.'),
    type: TYPE_NAMES.get(code) ?? `TYPE${code}`,
    bytes: message.subarray(12, at + 4),
    ednsSize: hasOpt ? message.readUInt16BE(at + 7) : 0,
  };
}

/** The whole answer, or an empty one with the TC bit where it does not fit `maxBytes`. */
export function encodeAnswer(question: Question, answer: ZoneAnswer, maxBytes: number): Buffer {
  const asked = question.flags & FLAG_RECURSION_DESIRED;
  const authority = answer.isReferral ? 0 : FLAG_AUTHORITATIVE | FLAG_RECURSION_AVAILABLE;
  const flags = FLAG_RESPONSE | authority | asked | (answer.rcode ?? 0);
  const opt =
    question.ednsSize === 0 ? [] : [Buffer.from([0, 0, OPT, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, 0])];
  const records = answer.isReferral ? [] : answer.records;
  const soa = answer.soa === undefined || answer.isReferral ? [] : [answer.soa];
  const body = answer.isGarbage ? [Buffer.from([0xc0, 0xff, 0xff])] : [...records, ...soa].map(encodeRecord);
  const counts = [answer.isGarbage ? 1 : records.length, answer.isGarbage ? 0 : soa.length, opt.length];
  const whole = Buffer.concat([header(question.id, flags, counts), question.bytes, ...body, ...opt]);
  if (whole.length <= maxBytes) return whole;
  return Buffer.concat([
    header(question.id, flags | FLAG_TRUNCATED, [0, 0, opt.length]),
    question.bytes,
    ...opt,
  ]);
}

/** An answer that claims `address`, with an id or a name that was not asked for when told so. */
export function encodeForgery(
  question: Question,
  how: 'id' | 'question' | 'source',
  address: string,
): Buffer {
  const id = how === 'id' ? question.id ^ 0x5555 : question.id;
  const name = how === 'question' ? `not-${question.name}` : question.name;
  const bytes = Buffer.concat([encodeName(name), question.bytes.subarray(-4)]);
  const data = encodeRecordData('A', [address]);
  const record = encodeRecord({ name, type: 'A', ttlSeconds: 3600, data, target: '' });
  const flags = FLAG_RESPONSE | FLAG_RECURSION_DESIRED | FLAG_RECURSION_AVAILABLE;
  return Buffer.concat([header(id, flags, [1, 0, 0]), bytes, record]);
}

/** The data of a record from its words in a zone text. Throws an Error on a type it does not know. */
export function encodeRecordData(type: string, words: readonly string[]): Buffer {
  const [first = '', second = ''] = words;
  if (type === 'A') return Buffer.from(addressBytes(first));
  if (type === 'AAAA') return Buffer.from(addressBytes(first));
  if (type === 'NS' || type === 'CNAME' || type === 'PTR') return encodeName(first);
  if (type === 'MX') return Buffer.concat([numbers(2, [first]), encodeName(second)]);
  if (type === 'SRV') return Buffer.concat([numbers(2, words.slice(0, 3)), encodeName(words[3] ?? '')]);
  if (type === 'SOA') {
    const times = [
      ...words.slice(2, 7),
      ...['1', '3600', '600', '86400', '60'].slice(Math.max(0, words.length - 2)),
    ];
    return Buffer.concat([encodeName(first), encodeName(second), numbers(4, times)]);
  }
  if (type === 'TXT') return Buffer.concat(words.flatMap(characterStrings));
  if (/^TYPE\d+$/.test(type)) return Buffer.from(words.join(''), 'hex');
  throw new Error(`no record type ${type}`);
}

/** `192.0.2.10` → `10.2.0.192.` and the zone; nibbles for IPv6. */
export function reverseName(address: string, zone?: string): string {
  const bytes = addressBytes(address);
  if (bytes.length === 4) return `${bytes.reverse().join('.')}.${zone ?? 'in-addr.arpa'}`;
  const nibbles = Buffer.from(bytes).toString('hex').split('').reverse();
  return `${nibbles.join('.')}.${zone ?? 'ip6.arpa'}`;
}

function addressBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
}

export function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
}

function characterStrings(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const strings: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    strings.push(Buffer.from([part.length]), part);
  }
  return strings;
}

function encodeRecord(record: ZoneRecord): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[record.type] ?? 0, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(record.ttlSeconds, 4);
  fixed.writeUInt16BE(record.data.length, 8);
  return Buffer.concat([encodeName(record.name), fixed, record.data]);
}

function numbers(bytes: 2 | 4, values: readonly string[]): Buffer {
  const buffer = Buffer.alloc(bytes * values.length);
  values.forEach((value, index) => {
    buffer.writeUIntBE(Number(value), bytes * index, bytes);
  });
  return buffer;
}

function header(id: number, flags: number, counts: readonly number[]): Buffer {
  return Buffer.from(Uint16Array.of(id, flags, 1, ...counts).buffer).swap16();
}
