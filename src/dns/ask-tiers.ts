/**
 * One question to the shared store and, when that takes longer than a head
 * start, to the DNS as well: who knows first is believed.
 *
 * Promises that a store which is slow, paused or far away delays an answer by
 * the head start at most; that a failure of the DNS waits for what the store
 * may still say; that what comes second is not lost. Calls neither twice.
 */
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { DnsAnswer } from './resolver.ts';
import type { SharedAnswer } from './shared-answers.ts';

export interface Tiers {
  /** Never rejects. */
  readonly askStore: () => Promise<SharedAnswer | undefined>;
  readonly askDns: () => PromiseOrValue<DnsAnswer>;
  readonly headStartMs: number;
  /** What the DNS said after the store's answer had been taken. */
  readonly onLate: (answer: DnsAnswer) => void;
}

/** The DNS's own answer, or one of the store with the time that it has left. */
export type TierAnswer = DnsAnswer | SharedAnswer;

export function isShared(answer: TierAnswer): answer is SharedAnswer {
  return 'remainingMs' in answer;
}

export function askTiers(tiers: Tiers): Promise<TierAnswer> {
  return new Promise((resolve) => {
    let isSettled = false;
    let isStoreDone = false;
    let isDnsAsked = false;
    let failure: DnsAnswer | undefined;

    const settle = (answer: TierAnswer): void => {
      isSettled = true;
      clearTimeout(timer);
      resolve(answer);
    };
    const takeDns = (answer: DnsAnswer): void => {
      if (isSettled) tiers.onLate(answer);
      else if (answer.status === 'tempfail' && !isStoreDone) failure = answer;
      else settle(answer);
    };
    const askDns = (): void => {
      if (isSettled || isDnsAsked) return;
      isDnsAsked = true;
      const asked = tiers.askDns();
      if (isPromise(asked)) void asked.then(takeDns);
      else takeDns(asked);
    };
    // After a look at what has arrived: when we ourselves were busy, the store is not to blame.
    const timer = setTimeout(() => setImmediate(askDns), tiers.headStartMs);
    void tiers.askStore().then((found) => {
      isStoreDone = true;
      if (isSettled) return;
      if (found !== undefined) settle(found);
      else if (failure !== undefined) settle(failure);
      else {
        clearTimeout(timer);
        askDns();
      }
    });
  });
}
