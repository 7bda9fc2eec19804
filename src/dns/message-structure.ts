/**
 * Whether a DNS message is as long as it says: every record within it, every
 * record's data as long as its type has it (RFC 1035 §3.2.1, §3.3).
 *
 * The decoder takes lengths on trust, and reads zeros beyond the end, or one
 * record's octets as the next record; half a message would be half a listing.
 * Looks at lengths only; what names and addresses say is read-answer.ts's.
 */
const HEADER_LENGTH = 12;
/** Type and class of a question. */
const QUESTION_LENGTH = 4;
/** Type, class, TTL and length of a record. */
const RECORD_LENGTH = 10;
const MAX_LABEL_LENGTH = 63;
const POINTER = 0xc0;

const [A, NS, CNAME, SOA, PTR, MX, TXT, AAAA] = [1, 2, 5, 6, 12, 15, 16, 28];
/** Serial, refresh, retry, expire, minimum. */
const SOA_NUMBERS_LENGTH = 20;

/** True when all records that the header announces are there, whole. `message` has a header. */
export function isWellFormed(message: Buffer): boolean {
  let at = HEADER_LENGTH;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) {
    at = endOfName(message, at, message.length) + QUESTION_LENGTH;
    if (!(at <= message.length)) return false;
  }
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  for (let left = records; left > 0; left -= 1) {
    const fixedAt = endOfName(message, at, message.length);
    if (!(fixedAt + RECORD_LENGTH <= message.length)) return false;
    const dataAt = fixedAt + RECORD_LENGTH;
    const end = dataAt + message.readUInt16BE(dataAt - 2);
    if (end > message.length) return false;
    if (endOfData(message, message.readUInt16BE(fixedAt), dataAt, end) !== end) return false;
    at = end;
  }
  return true;
}

/** Where the data of a record ends by its own account; NaN: nowhere. */
function endOfData(message: Buffer, type: number, at: number, end: number): number {
  switch (type) {
    case A:
      return at + 4;
    case AAAA:
      return at + 16;
    case NS:
    case CNAME:
    case PTR:
      return endOfName(message, at, end);
    case MX:
      return endOfName(message, at + 2, end);
    case SOA:
      return endOfName(message, endOfName(message, at, end), end) + SOA_NUMBERS_LENGTH;
    case TXT:
      return endOfStrings(message, at, end);
    default:
      return end;
  }
}

/** Where a name ends that begins at `at`: behind its root label or its pointer; NaN when not before `end`. */
function endOfName(message: Buffer, at: number, end: number): number {
  let next = at;
  while (next < end) {
    const length = message[next] ?? 0;
    if (length === 0) return next + 1;
    if ((length & POINTER) === POINTER) return next + 2 <= end ? next + 2 : Number.NaN;
    if (length > MAX_LABEL_LENGTH) return Number.NaN;
    next += length + 1;
  }
  return Number.NaN;
}

function endOfStrings(message: Buffer, at: number, end: number): number {
  let next = at;
  while (next < end) next += (message[next] ?? 0) + 1;
  return next;
}
