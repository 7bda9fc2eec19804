/**
 * The query that is sent, and whether a message can be its answer.
 *
 * Promises that an answer is only taken for one when id, QR bit, opcode and
 * the whole question are right, byte by byte with letters folded (RFC 1035
 * §2.3.3, RFC 5452 §9.1). Where it came from is the socket's business.
 */
import type { DnsType } from './resolver.ts';

const TYPE_CODES: Readonly<Record<DnsType, number>> = { A: 1, NS: 2, PTR: 12, MX: 15, TXT: 16, AAAA: 28 };
const CLASS_IN = 1;
const HEADER_LENGTH = 12;
/** Fits any path without fragments (RFC 9715 §3, DNS flag day 2020). */
const EDNS_PAYLOAD_SIZE = 1232;
/** Root name, type 41, payload size, no extended rcode, version 0, no flags, no options (RFC 6891 §6.1.2). */
const OPT_RECORD = Uint8Array.of(0, 0, 41, EDNS_PAYLOAD_SIZE >> 8, EDNS_PAYLOAD_SIZE & 255, 0, 0, 0, 0, 0, 0);

/** A query without its id: every sending gets a fresh one. */
export interface QueryMessage {
  readonly name: string;
  readonly type: DnsType;
  readonly hasEdns: boolean;
  readonly bytes: Buffer;
}

/** `name` is a valid hostname (query-name.ts). */
export function encodeQuery(name: string, type: DnsType, hasEdns: boolean): QueryMessage {
  const questionEnd = HEADER_LENGTH + name.length + 2 + 4;
  const bytes = Buffer.allocUnsafe(questionEnd + (hasEdns ? OPT_RECORD.length : 0));
  bytes.fill(0, 0, HEADER_LENGTH);
  bytes[2] = 0x01; // RD
  bytes[5] = 1; // QDCOUNT
  bytes[11] = hasEdns ? 1 : 0; // ARCOUNT
  // Written one byte late, so that each dot stands where the next label's length belongs.
  bytes.write(name, HEADER_LENGTH + 1, 'latin1');
  let lengthAt = HEADER_LENGTH;
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
    const dotAt = HEADER_LENGTH + 1 + at;
    bytes[lengthAt] = dotAt - lengthAt - 1;
    lengthAt = dotAt;
  }
  bytes[lengthAt] = HEADER_LENGTH + name.length - lengthAt;
  bytes[questionEnd - 5] = 0;
  bytes.writeUInt16BE(TYPE_CODES[type], questionEnd - 4);
  bytes.writeUInt16BE(CLASS_IN, questionEnd - 2);
  if (hasEdns) bytes.set(OPT_RECORD, questionEnd);
  return { name, type, hasEdns, bytes };
}

/** True when `message` answers `query` as it was sent with `id`. */
export function isAnswerTo(message: Buffer, query: QueryMessage, id: number): boolean {
  if (message.length < HEADER_LENGTH || message.readUInt16BE(0) !== id) return false;
  const flags = message[2] ?? 0;
  if ((flags & 0xf8) !== 0x80) return false; // QR set, opcode QUERY
  const questions = message.readUInt16BE(4);
  // A server that knows no EDNS0 may send nothing but a header (RFC 6891 §7).
  if (questions === 0) return message.length === HEADER_LENGTH && isFormatError(message);
  const typeAt = HEADER_LENGTH + query.name.length + 2;
  if (questions !== 1 || message.length < typeAt + 4) return false;
  const { bytes } = query;
  // Length octets are below 0x40, so folding letters does not touch them.
  for (let at = HEADER_LENGTH; at < typeAt; at += 1) {
    if (foldCase(message[at] ?? 0) !== foldCase(bytes[at] ?? 0)) return false;
  }
  return message.readUInt32BE(typeAt) === bytes.readUInt32BE(typeAt);
}

/** The TC bit: the answer did not fit (RFC 2181 §9). */
export function isTruncated(message: Buffer): boolean {
  return ((message[2] ?? 0) & 0x02) !== 0;
}

function isFormatError(message: Buffer): boolean {
  const rcode = (message[3] ?? 0) & 0x0f;
  return rcode === 1 || rcode === 4;
}

function foldCase(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}
