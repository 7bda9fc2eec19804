/**
 * One connection of a Postfix smtpd: requests in, answers out, strictly in
 * order and one decision at a time.
 *
 * Bounded: while a decision is pending, or the peer does not read, no more
 * than a buffer's worth of requests is read ahead; what takes too long ends
 * (see ConnectionLimits). One connection's trouble is no other's.
 */
import type { Socket } from 'node:net';
import { ProtocolError } from '../protocol/protocol-error.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { RequestDecoder, type RequestLimits } from '../protocol/request-decoder.ts';
import type { LayoutCache } from '../protocol/request-layout.ts';
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { encodeAction } from './action-encoder.ts';
import type { CloseReason, PolicyServerEvents } from './policy-server-events.ts';

/** Answers a request with an access(5) action. Should neither throw nor reject. */
export type Decide = (request: PolicyRequest, asker: Asker) => PromiseOrValue<string>;

/** Who a decision is for. */
export interface Asker {
  /** False once the fail action was answered in place of the decision, or nobody is there to hear it. */
  awaits(request: PolicyRequest): boolean;
}

/** Times are kept to within two ticks of the listener's clock, never shorter than said. */
export interface ConnectionLimits extends RequestLimits {
  /** How long a decision may take before the fail action is answered. */
  readonly decisionDeadlineMs: number;
  /** How long a connection may stay without a request. */
  readonly idleTimeoutMs: number;
  /** How long a peer may take to send the rest of a request, or to read its answers. */
  readonly stallTimeoutMs: number;
}

/** What the connections of one listener share. */
export interface ConnectionContext {
  readonly decide: Decide;
  readonly failAction: string;
  readonly limits: ConnectionLimits;
  readonly events: PolicyServerEvents;
  readonly layouts: LayoutCache;
  readonly clock: CoarseClock;
}

/** Counts while the process runs; time in which it was stopped is held against nobody. */
export interface CoarseClock {
  readonly tickMs: number;
  nowMs: number;
}

/** Read ahead while a decision is pending. Postfix itself never does. */
const MAX_BUFFERED_BYTES = 65_536;

/** Answers that are collected before they are written. */
const MAX_BATCH_LENGTH = 16_384;

type State = 'idle' | 'receiving' | 'deciding' | 'blocked' | 'closing';

export class PolicyConnection implements Asker {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #decoder: RequestDecoder;
  readonly #peer: string;
  /** Resolves when the connection is gone and that has been reported. */
  readonly closed: Promise<void>;
  #state: State = 'idle';
  #sinceMs: number;
  /** The request that is being decided. */
  #pending: PolicyRequest | undefined;
  /** Counts decisions that had to wait, so that a late one knows that it is. */
  #turn = 0;
  #requests = 0;
  #hasPeerEnded = false;
  #isDraining = false;
  #closeReason: CloseReason | undefined;

  /** @param socket accepted with allowHalfOpen, so that who sends and shuts down still gets answers */
  constructor(socket: Socket, peer: string, context: ConnectionContext) {
    this.#socket = socket;
    this.#peer = peer;
    this.#context = context;
    this.#decoder = new RequestDecoder(context.limits, context.layouts);
    this.#sinceMs = context.clock.nowMs;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#unblock());
    socket.on('end', () => this.#peerEnded());
    socket.on('error', () => {
      this.#closeReason ??= 'reset';
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#turn += 1;
        this.#pending = undefined;
        context.events.connectionClosed(peer, this.#closeReason ?? 'peer', this.#requests);
        resolve();
      });
    });
  }

  /** Answers what has been asked, then closes; at once if nothing has. */
  drain(): void {
    this.#isDraining = true;
    if (this.#state === 'idle') this.#close('shutdown');
  }

  /** Closes whatever is going on. */
  destroy(): void {
    this.#closeReason ??= 'shutdown';
    this.#socket.destroy();
  }

  awaits(request: PolicyRequest): boolean {
    return this.#pending === request;
  }

  /** To be called at every tick: ends what takes too long. */
  tick(): void {
    const { limits, clock, events } = this.#context;
    const elapsedMs = clock.nowMs - this.#sinceMs - clock.tickMs;
    switch (this.#state) {
      case 'idle':
        if (elapsedMs >= limits.idleTimeoutMs) this.#close('idle');
        return;
      case 'receiving':
        if (elapsedMs >= limits.stallTimeoutMs) this.#close('stalled');
        return;
      case 'blocked':
      case 'closing':
        if (elapsedMs < limits.stallTimeoutMs) return;
        this.#closeReason ??= 'not_reading';
        this.#socket.destroy();
        return;
      case 'deciding':
        if (elapsedMs < limits.decisionDeadlineMs || this.#pending === undefined) return;
        events.decisionTimedOut(this.#peer, this.#pending, limits.decisionDeadlineMs);
        this.#answer(this.#context.failAction);
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#state === 'closing') return;
    this.#decoder.push(chunk);
    if (this.#state === 'idle' || this.#state === 'receiving') this.#proceed('');
    else if (this.#decoder.bufferedBytes > MAX_BUFFERED_BYTES) this.#socket.pause();
  }

  /** Decides what is buffered until something has to wait. @param answers not written yet */
  #proceed(answers: string): void {
    let batch = answers;
    for (;;) {
      if (batch.length > MAX_BATCH_LENGTH) {
        if (!this.#write(batch)) return;
        batch = '';
      }
      const next = this.#decoder.next();
      if (next === undefined) break;
      if (next instanceof ProtocolError) {
        this.#write(batch);
        this.#context.events.protocolError(this.#peer, next);
        this.#close('protocol_error');
        return;
      }
      this.#requests += 1;
      const action = this.#decide(next);
      if (isPromise(action)) {
        if (this.#write(batch)) this.#enter('deciding');
        this.#wait(next, action);
        return;
      }
      batch += encodeAction(action);
    }
    if (!this.#write(batch)) return;
    this.#rest(batch !== '');
  }

  /** Everything that was asked is answered. */
  #rest(hasAnswered: boolean): void {
    const isWithinRequest = this.#decoder.bufferedBytes > 0;
    if (this.#hasPeerEnded) {
      this.#close(isWithinRequest ? 'truncated' : 'peer');
      return;
    }
    if (this.#isDraining && !isWithinRequest) {
      this.#close('shutdown');
      return;
    }
    const state = isWithinRequest ? 'receiving' : 'idle';
    // More bytes of the same request do not start its time anew.
    if (hasAnswered || this.#state !== state) this.#enter(state);
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #decide(request: PolicyRequest): PromiseOrValue<string> {
    try {
      return this.#context.decide(request, this);
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  #failed(request: PolicyRequest, error: unknown): string {
    this.#context.events.decisionFailed(this.#peer, request, error);
    return this.#context.failAction;
  }

  #wait(request: PolicyRequest, promised: Promise<string>): void {
    this.#pending = request;
    const turn = this.#turn;
    promised.then(
      (action) => {
        if (turn === this.#turn) this.#answer(action);
      },
      (error: unknown) => {
        if (turn === this.#turn) this.#answer(this.#failed(request, error));
      },
    );
  }

  #answer(action: string): void {
    this.#turn += 1;
    this.#pending = undefined;
    if (this.#state === 'blocked') this.#socket.write(encodeAction(action));
    else this.#proceed(encodeAction(action));
  }

  /** False if the peer has to read first. */
  #write(answers: string): boolean {
    if (answers === '' || this.#socket.write(answers)) return true;
    this.#enter('blocked');
    this.#socket.pause();
    return false;
  }

  #unblock(): void {
    if (this.#state !== 'blocked') return;
    if (this.#pending === undefined) this.#proceed('');
    else this.#enter('deciding');
  }

  #peerEnded(): void {
    this.#hasPeerEnded = true;
    if (this.#pending !== undefined) {
      const { clock, events } = this.#context;
      events.decisionAbandoned(this.#peer, clock.nowMs - this.#sinceMs);
    }
    if (this.#state === 'idle' || this.#state === 'receiving') this.#rest(false);
  }

  #enter(state: State): void {
    this.#state = state;
    this.#sinceMs = this.#context.clock.nowMs;
  }

  /** Closes once the answers so far are written. */
  #close(reason: CloseReason): void {
    this.#closeReason ??= reason;
    this.#enter('closing');
    this.#socket.pause();
    this.#socket.destroySoon();
  }
}
