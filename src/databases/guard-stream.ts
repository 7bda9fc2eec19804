/**
 * Keeps what a server says from harming us, where the client that reads it is
 * not ours: a message that the client throws on, which nobody would catch, or
 * an answer without end costs the connection and nothing else.
 */
import type { Duplex } from 'node:stream';

/** Of one answer; LDAP has the same bound. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export const TOO_LARGE = `the answer is larger than ${MAX_ANSWER_BYTES >> 20} MiB`;

export interface StreamGuard {
  /** To be called for each query. */
  expectAnswer(): void;
  /** The connection has ended because of it. */
  readonly isTooLarge: boolean;
}

/**
 * @param stream with the client's own listener for its data, and for its errors
 * @param split what the client is given for what came; throws for what it shall not see
 */
export function guardStream(
  stream: Duplex,
  split: (chunk: Buffer) => Iterable<Buffer> = (chunk) => [chunk],
): StreamGuard {
  const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
  let bytes = 0;
  stream.removeAllListeners('data');
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      stream.destroy(new Error(TOO_LARGE));
      return;
    }
    try {
      for (const part of split(chunk)) for (const listener of listeners) listener.call(stream, part);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  return {
    expectAnswer: () => {
      bytes = 0;
    },
    get isTooLarge() {
      return bytes > MAX_ANSWER_BYTES;
    },
  };
}
