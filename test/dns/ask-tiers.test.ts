/** Who is asked when, and who is believed. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { negative, tempfail } from '../../src/dns/answer.ts';
import { askTiers } from '../../src/dns/ask-tiers.ts';
import type { DnsAnswer } from '../../src/dns/resolver.ts';
import type { SharedAnswer } from '../../src/dns/shared-answers.ts';
import type { PromiseOrValue } from '../../src/util/promise-or-value.ts';

const OF_DNS = negative('nxdomain', 60);
const OF_STORE: SharedAnswer = { answer: negative('nxdomain', 40), remainingMs: 40_000 };
const FAILURE = tempfail('timeout');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Both answer when they are told to. */
function race() {
  const store = Promise.withResolvers<SharedAnswer | undefined>();
  const dns = Promise.withResolvers<DnsAnswer>();
  const late: DnsAnswer[] = [];
  const race = { isDnsAsked: false, dnsAnswer: dns.promise as PromiseOrValue<DnsAnswer> };
  const answered = askTiers({
    askStore: () => store.promise,
    askDns() {
      race.isDnsAsked = true;
      return race.dnsAnswer;
    },
    headStartMs: 5,
    onLate: (answer) => late.push(answer),
  });
  return { race, store, dns, late, answered };
}

/** One turn of the event loop. */
const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the store answers within the head start', () => {
  it('with an answer: the DNS is never asked', async () => {
    const { race: state, store, answered } = race();
    store.resolve(OF_STORE);
    expect(await answered).toBe(OF_STORE);
    await vi.advanceTimersByTimeAsync(100);
    expect(state.isDnsAsked).toBe(false);
  });

  it('with nothing: the DNS is asked at once, and once', async () => {
    const { race: state, store, dns, answered } = race();
    store.resolve(undefined);
    await soon();
    expect(state.isDnsAsked).toBe(true);
    state.isDnsAsked = false;
    await vi.advanceTimersByTimeAsync(100);
    expect(state.isDnsAsked).toBe(false);
    dns.resolve(OF_DNS);
    expect(await answered).toBe(OF_DNS);
  });
});

describe('the store takes longer', () => {
  it('the DNS is asked after the head start, and its answer is taken', async () => {
    const { race: state, store, dns, late, answered } = race();
    await vi.advanceTimersByTimeAsync(4);
    expect(state.isDnsAsked).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await soon();
    expect(state.isDnsAsked).toBe(true);
    dns.resolve(OF_DNS);
    expect(await answered).toBe(OF_DNS);
    store.resolve(OF_STORE);
    await soon();
    expect(late).toEqual([]);
  });

  it('and yet is first: the answer of the DNS is not lost', async () => {
    const { store, dns, late, answered } = race();
    await vi.advanceTimersByTimeAsync(5);
    await soon();
    store.resolve(OF_STORE);
    expect(await answered).toBe(OF_STORE);
    dns.resolve(OF_DNS);
    await soon();
    expect(late).toEqual([OF_DNS]);
  });

  it('and the DNS fails: what the store says counts', async () => {
    const { store, dns, answered } = race();
    await vi.advanceTimersByTimeAsync(5);
    await soon();
    dns.resolve(FAILURE);
    await soon();
    expect(await Promise.race([answered, 'waiting'])).toBe('waiting');
    store.resolve(OF_STORE);
    expect(await answered).toBe(OF_STORE);
  });

  it('and neither knows: a failure', async () => {
    const { store, dns, answered } = race();
    await vi.advanceTimersByTimeAsync(5);
    await soon();
    dns.resolve(FAILURE);
    store.resolve(undefined);
    expect(await answered).toBe(FAILURE);
  });

  it('and the DNS, overloaded, answers at once: the same', async () => {
    const { race: state, store, answered } = race();
    state.dnsAnswer = FAILURE;
    await vi.advanceTimersByTimeAsync(5);
    await soon();
    store.resolve(OF_STORE);
    expect(await answered).toBe(OF_STORE);
  });
});
