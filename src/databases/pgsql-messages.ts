/**
 * The messages of a PostgreSQL server, one by one and looked through, before
 * pg reads them: it takes an error that ends without its zero byte for one
 * without end, and reads on for good.
 */

/** Type and length, which counts itself. */
const HEADER_BYTES = 5;

/** Splits what comes in; throws for what is no message. */
export class PgsqlMessages {
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = HEADER_BYTES;

  *take(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return;
    const received = Buffer.concat(this.#chunks);
    let at = 0;
    let size = sizeAt(received, at);
    while (at + size <= received.length) {
      const message = received.subarray(at, at + size);
      if (!isSound(message)) throw new Error('its answer is malformed');
      yield message;
      at += size;
      size = sizeAt(received, at);
    }
    this.#chunks = [received.subarray(at)];
    this.#size = received.length - at;
    this.#needed = size;
  }
}

function sizeAt(received: Buffer, at: number): number {
  if (received.length < at + HEADER_BYTES) return HEADER_BYTES;
  const length = received.readUInt32BE(at + 1);
  if (length < HEADER_BYTES - 1) throw new Error('its answer is malformed');
  return 1 + length;
}

function isSound(message: Buffer): boolean {
  switch (String.fromCharCode(message[0] ?? 0)) {
    case 'E':
    case 'N':
      return hasEnd(message);
    case 'D':
      return hasFields(message);
    default:
      return true;
  }
}

/** ErrorResponse and NoticeResponse: texts with a byte before each, and a zero byte. */
function hasEnd(message: Buffer): boolean {
  let at = HEADER_BYTES;
  while (at < message.length && message[at] !== 0) {
    const end = message.indexOf(0, at + 1);
    if (end < 0) return false;
    at = end + 1;
  }
  return at < message.length;
}

/** DataRow: so many values, each with its length before it; -1 is NULL. */
function hasFields(message: Buffer): boolean {
  if (message.length < HEADER_BYTES + 2) return false;
  let at = HEADER_BYTES + 2;
  for (let left = message.readInt16BE(HEADER_BYTES); left > 0; left--) {
    if (at + 4 > message.length) return false;
    const length = message.readInt32BE(at);
    if (length < -1) return false;
    at += 4 + Math.max(0, length);
  }
  return at === message.length;
}
