/**
 * One query over TCP (RFC 7766): for answers that did not fit a datagram.
 *
 * A connection a query; such answers are rare. Promises to call its listener
 * once, unless cancelled; to read one message and no more than the bound; to
 * take that message only if it answers the query. Does not time out: its
 * caller does, and cancels.
 */
import { connect } from 'node:net';
import type { DnsServerAddress } from './dns-server.ts';
import { isAnswerTo, type QueryMessage } from './query-message.ts';
import type { AnswerListener, Cancel } from './udp-sockets.ts';

/** Far above any answer that mail needs, far below what it costs to decode a hostile 64 KB. */
const MAX_MESSAGE_BYTES = 16_384;

export function queryOverTcp(
  server: DnsServerAddress,
  query: QueryMessage,
  id: number,
  listener: AnswerListener,
): Cancel {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  let received: Buffer = Buffer.alloc(0);
  let isDone = false;
  const finish = (report?: () => void): void => {
    if (isDone) return;
    isDone = true;
    socket.destroy();
    report?.();
  };
  const fail = (reason: string): void => finish(() => listener.onNetworkError(reason));

  const message = Buffer.allocUnsafe(2 + query.bytes.length);
  message.writeUInt16BE(query.bytes.length, 0);
  message.set(query.bytes, 2);
  message.writeUInt16BE(id, 2);
  socket.write(message);
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (received.length < 2) return;
    const end = 2 + received.readUInt16BE(0);
    if (end > MAX_MESSAGE_BYTES) fail('answer too large');
    else if (received.length >= end) {
      const answer = received.subarray(2, end);
      if (isAnswerTo(answer, query, id)) finish(() => listener.onAnswer(answer));
      else fail('answer to another query over TCP');
    }
  });
  socket.on('error', (error) => fail('code' in error ? String(error.code) : error.message));
  socket.on('close', () => fail('TCP connection closed'));
  return () => finish();
}
