/** DNS messages that no honest server would send, put together octet by octet. */
import { encodeName, encodeRecordData, type Question } from './fixture-wire.ts';

const TYPES: Readonly<Record<string, number>> = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28 };
const IN = 1;

export interface HostileMessage {
  readonly id?: number;
  /** Default: an answer of a recursive server without error. */
  readonly flags?: number;
  /** The whole question section; default: as it was asked. */
  readonly question?: Buffer;
  readonly answers?: readonly Buffer[];
  readonly authorities?: readonly Buffer[];
  readonly additionals?: readonly Buffer[];
  /** What the header says of questions, answers, authorities, additionals, where it lies. */
  readonly counts?: readonly (number | undefined)[];
}

export const HONEST_FLAGS = 0x8180;
export const TRUNCATED = 0x0200;

export function message(asked: Question, parts: HostileMessage): Buffer {
  const { answers = [], authorities = [], additionals = [], counts = [] } = parts;
  const true_ = [1, answers.length, authorities.length, additionals.length];
  const header = Buffer.alloc(12);
  header.writeUInt16BE(parts.id ?? asked.id, 0);
  header.writeUInt16BE(parts.flags ?? HONEST_FLAGS, 2);
  for (const [index, count] of true_.entries()) header.writeUInt16BE(counts[index] ?? count, 4 + 2 * index);
  return Buffer.concat([header, parts.question ?? asked.bytes, ...answers, ...authorities, ...additionals]);
}

export interface HostileRecord {
  readonly ttlSeconds?: number;
  readonly class?: number;
  /** The octets of its name, where they are none. */
  readonly nameBytes?: Buffer;
  /** What it says of the length of its data. */
  readonly length?: number;
}

/** @param data the words of a zone text, or octets */
export function record(
  name: string,
  type: string,
  data: string | Buffer,
  { ttlSeconds = 300, class: klass = IN, nameBytes, length }: HostileRecord = {},
): Buffer {
  const bytes = typeof data === 'string' ? encodeRecordData(type, data.split(' ')) : data;
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[type] ?? 0, 0);
  fixed.writeUInt16BE(klass, 2);
  fixed.writeUInt32BE(ttlSeconds, 4);
  fixed.writeUInt16BE(length ?? bytes.length, 8);
  return Buffer.concat([nameBytes ?? encodeName(name), fixed, bytes]);
}

/** A compression pointer (RFC 1035 §4.1.4). */
export function pointer(offset: number): Buffer {
  return Buffer.from([0xc0 | (offset >> 8), offset & 0xff]);
}
