/**
 * Asks one DNSBL for one request: not at all while it is set aside, and with
 * a listing that counts only when the list has been shown not to list
 * everything. Whatever is wrong with a list, it permits and rejects nobody.
 */
import { type DnsblResult, readDnsblAnswer } from '../dns/dnsbl.ts';
import type { DnsblUse } from '../dns/dnsbl-health.ts';
import type { DnsAnswer, DnsQuery } from '../dns/resolver.ts';
import type { WatchedList } from '../dns/watched-list.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { andThen, isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';

/** The name to ask for, and the same as it may be shown. */
export interface DnsblQuestion {
  readonly name: string;
  readonly shown: string;
}

export type AskedDnsbl =
  | DnsblResult
  /** Not asked, or not believed. `mightHavePermitted`: it worked not long ago, and who is on it should not be rejected for good. */
  | { readonly kind: 'set_aside'; readonly mightHavePermitted: boolean };

/**
 * What a list says of a request's client or sender.
 *
 * @param lookup asks, where several uses of one zone share a question
 */
export function askDnsbl(
  e: Evaluation,
  use: DnsblUse,
  question: DnsblQuestion,
  isErrorAnswerListed: boolean,
  lookup = () => e.lookupDnsbl(question.name, 'A', question.shown),
): PromiseOrValue<AskedDnsbl> {
  const watched = e.dnsbl?.list(use);
  if (watched !== undefined && isSkipped(watched, use)) {
    watched.skipped += 1;
    return setAside(e, watched, use);
  }
  return andThen(lookup(), (answer): PromiseOrValue<AskedDnsbl> => {
    const result = readDnsblAnswer(answer, use.list, isErrorAnswerListed ? 'listed' : 'ignored');
    const note = (kind: DnsblResult['kind']): void => {
      // What somebody wants explained is no mail.
      if (watched !== undefined && !e.isTracing) e.dnsbl?.noteAnswer(watched, kind, question.name);
    };
    if (result.kind !== 'listed') note(result.kind);
    switch (result.kind) {
      case 'listed':
        if (watched === undefined) return result;
        return andThen(believed(e, use, question, watched, answer, result), (asked) => {
          note(asked.kind === 'listed' ? 'listed' : 'tempfail');
          return asked;
        });
      case 'tempfail':
        e.warn('dns', `${question.shown}: RBL lookup error: ${result.reason}`);
        return result;
      case 'error_answer':
        e.warn('dnsbl_error', `${use.list.shown} answers ${result.address}: ${result.reason}`);
        return result;
      case 'not_listed':
        return result;
    }
  });
}

/** What may be asked ahead of time. */
export function dnsblQueries(
  e: Evaluation,
  use: DnsblUse,
  question: DnsblQuestion | undefined,
): readonly DnsQuery[] {
  if (question === undefined) return [];
  if (e.dnsbl !== undefined) {
    const watched = e.dnsbl.list(use);
    if (!e.dnsbl.mayPrefetch(use) || (watched !== undefined && isSkipped(watched, use))) return [];
  }
  return [{ name: question.name, type: 'A' }];
}

function isSkipped({ fault }: WatchedList, { mode }: DnsblUse): boolean {
  return fault !== undefined && mode === 'enforce';
}

/** A listing, unless the list turns out to list everything. */
function believed(
  e: Evaluation,
  use: DnsblUse,
  question: DnsblQuestion,
  watched: WatchedList,
  answer: DnsAnswer,
  result: DnsblResult,
): PromiseOrValue<AskedDnsbl> {
  const confirmed = e.dnsbl?.confirm(watched, answer, question.name) ?? true;
  if (use.mode !== 'enforce') return result;
  // What words the reply comes in the meantime; a trace shows who asks for it.
  if (isPromise(confirmed) && !use.isAllowList && !e.isTracing) void e.resolver.lookup(question.name, 'TXT');
  return andThen(e.withinBudget(confirmed, false), (isConfirmed): AskedDnsbl => {
    if (isConfirmed) return result;
    watched.refuted += 1;
    if (watched.fault !== undefined) return setAside(e, watched, use);
    const reason = 'nothing shows that it does not list everybody';
    e.warn('dns', `${use.list.shown}: the listing does not count: ${reason}`);
    return { kind: 'tempfail', reason };
  });
}

function setAside(e: Evaluation, watched: WatchedList, { list }: DnsblUse): AskedDnsbl {
  e.note(`${list.shown} is set aside: it ${watched.fault?.reason}`);
  // A list that is not there has never been able to permit.
  const mightHavePermitted = watched.fault?.code !== 'vanished' && e.dnsbl?.isInGrace(watched) === true;
  return { kind: 'set_aside', mightHavePermitted };
}
