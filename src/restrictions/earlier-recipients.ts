/**
 * Whether a message has a recipient already, while it is being asked about
 * another: reject_multi_recipient_bounce at RCPT TO.
 *
 * Postfix tells how many recipients there are only at DATA. Before that it has
 * a queue ID from the first recipient on that it accepts. Where it has none
 * (smtpd_proxy_filter), or has it from MAIL FROM on
 * (smtpd_delay_open_until_valid_rcpt = no), and as long as none was sent (a filter in
 * front of us may leave it out), the recipients of the same message transaction
 * (`instance`) that were let pass here count, whatever Postfix said of them.
 */
import type { Verdict } from '../engine/decision.ts';
import type { PolicyRequest } from '../protocol/request.ts';

/** How many message transactions are remembered at a time. */
const MAX_INSTANCES = 10_000;

/** What is known of a message transaction. */
interface Transaction {
  /** The last one asked about, in as many queries as there are lists. */
  readonly recipient: string;
  isRefused: boolean;
  /** One before it was let pass. */
  readonly hasEarlier: boolean;
}

/** The answers that end with a recipient refused: `defer_if_permit` does, whatever another list says. */
const REFUSALS: readonly Verdict[] = ['reject', 'defer', 'defer_if_permit'];

export class EarlierRecipients {
  /** False while no restriction asks: nothing is noted then. */
  isUsed = false;
  readonly #isIdTelling: boolean;
  /** A queue ID came with a recipient: whoever asks sends them. */
  #isTold = false;
  readonly #byInstance = new Map<string, Transaction>();

  /** @param isIdTelling there is a queue ID as soon as Postfix has accepted a recipient, and not before */
  constructor(isIdTelling: boolean) {
    this.#isIdTelling = isIdTelling;
  }

  /** True when another recipient of the same transaction was accepted before, as far as that is known. */
  has({ instance, recipient, queue_id }: PolicyRequest): boolean {
    if (this.#isIdTelling && (this.#isTold || queue_id !== '')) return queue_id !== '';
    const known = this.#byInstance.get(instance);
    return known !== undefined && isPreceded(known, recipient);
  }

  /** What was answered, in any list. */
  note({ protocol_state, sender, instance, recipient, queue_id }: PolicyRequest, verdict: Verdict): void {
    if (protocol_state !== 'RCPT') return;
    if (queue_id !== '') this.#isTold = true;
    if (this.#isIdTelling && this.#isTold) return;
    // No other sender is ever asked for.
    if (sender !== '' || instance === '') return;
    const isRefused = REFUSALS.includes(verdict);
    const known = this.#byInstance.get(instance);
    if (known?.recipient === recipient) {
      known.isRefused ||= isRefused;
      return;
    }
    const hasEarlier = known !== undefined && isPreceded(known, recipient);
    if (known === undefined && this.#byInstance.size >= MAX_INSTANCES) {
      const oldest = this.#byInstance.keys().next().value;
      if (oldest !== undefined) this.#byInstance.delete(oldest);
    }
    this.#byInstance.set(instance, { recipient, isRefused, hasEarlier });
  }
}

function isPreceded(known: Transaction, recipient: string): boolean {
  return known.hasEarlier || (known.recipient !== recipient && !known.isRefused);
}
