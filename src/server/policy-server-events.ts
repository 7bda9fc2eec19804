/**
 * What happens on policy sockets, for logs and counters. Implementations
 * must not throw.
 */
import type { ProtocolError } from '../protocol/protocol-error.ts';
import type { PolicyRequest } from '../protocol/request.ts';

/** Why a connection ended. */
const CLOSE_REASONS = [
  /** The peer closed it between requests: what Postfix does. */
  'peer',
  /** The peer closed it within a request. */
  'truncated',
  /** The network or the peer broke it. */
  'reset',
  /** See ProtocolError. */
  'protocol_error',
  /** Nothing was asked for longer than the idle limit. */
  'idle',
  /** The rest of a request did not come. */
  'stalled',
  /** The peer does not read its answers. */
  'not_reading',
  /** The listener was closed. */
  'shutdown',
] as const;

export type CloseReason = (typeof CLOSE_REASONS)[number];

export interface PolicyServerEvents {
  /** @param peer `192.0.2.1:40000`, `[::1]:40000`, or `unix` */
  connectionOpened(peer: string): void;
  /** @param requests how many requests it carried */
  connectionClosed(peer: string, reason: CloseReason, requests: number): void;
  /** There are already as many connections as allowed; this one is closed at once. */
  connectionRefused(peer: string, maxConnections: number): void;
  protocolError(peer: string, error: ProtocolError): void;
  /** Not decided within the deadline: the fail action was answered. */
  decisionTimedOut(peer: string, request: PolicyRequest, deadlineMs: number): void;
  /** The peer hung up while it waited for a decision. @param waitedMs to within a tick of the clock */
  decisionAbandoned(peer: string, waitedMs: number): void;
  /** Deciding threw, which is a bug: the fail action was answered. */
  decisionFailed(peer: string, request: PolicyRequest, error: unknown): void;
  /** The system gave us no connection: out of file descriptors, say. */
  acceptFailed(error: Error): void;
}
