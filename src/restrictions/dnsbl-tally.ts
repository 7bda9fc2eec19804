/**
 * The score of a request's client over all of dnsbl_sites, as postscreen(8)
 * adds it up: every zone is asked at once, each site whose filter matches adds
 * its weight once, and what gives no answer adds nothing.
 *
 * A question about the score is answered as soon as no missing answer can
 * change it.
 */
import type { DnsblUse } from '../dns/dnsbl-health.ts';
import type { DnsblSite } from '../dns/dnsbl-site.ts';
import type { DnsAnswer } from '../dns/resolver.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { type AskedDnsbl, askDnsbl, type DnsblQuestion } from './ask-dnsbl.ts';

export interface WatchedSite extends DnsblSite {
  readonly use: DnsblUse;
}

/** Asks about the score when it lies between two bounds; undefined: not known yet. */
export type ScoreQuestion = (least: number, most: number) => boolean | undefined;

export class DnsblTally {
  /** Of the sites that have answered. */
  score = 0;
  /** The sites that added something, in the order of dnsbl_sites. */
  readonly hits: (WatchedSite | undefined)[] = [];
  /** What sites might have taken off if they had worked: 0 or less. */
  #missing = 0;
  #pendingLess = 0;
  #pendingMore = 0;
  readonly #waiting = new Set<() => void>();

  constructor(
    e: Evaluation,
    sites: readonly WatchedSite[],
    questionFor: (site: WatchedSite) => DnsblQuestion | undefined,
    isErrorAnswerListed: boolean,
  ) {
    /** Sites of one zone share its answer, as they do in postscreen(8). */
    const answers = new Map<string, PromiseOrValue<DnsAnswer>>();
    for (const [index, site] of sites.entries()) {
      const question = questionFor(site);
      if (question === undefined) continue;
      const asked = askDnsbl(e, site.use, question, isErrorAnswerListed, () => {
        const answer = answers.get(question.name) ?? e.lookupDnsbl(question.name, 'A', question.shown);
        answers.set(question.name, answer);
        return answer;
      });
      if (!isPromise(asked)) {
        this.#add(index, site, asked);
        continue;
      }
      this.#expect(site.weight, 1);
      void asked.then((late) => {
        this.#expect(site.weight, -1);
        this.#add(index, site, late);
        for (const wake of this.#waiting) wake();
      });
    }
  }

  /**
   * The answer to a question about the final score.
   *
   * @param isCharitable with what sites that do not work might have taken off
   */
  decide(question: ScoreQuestion, isCharitable = false): PromiseOrValue<boolean> {
    const now = this.#ask(question, isCharitable);
    if (now !== undefined) return now;
    return new Promise((resolve) => {
      const wake = (): void => {
        const answer = this.#ask(question, isCharitable);
        if (answer === undefined) return;
        this.#waiting.delete(wake);
        resolve(answer);
      };
      this.#waiting.add(wake);
    });
  }

  /** The site that added most. */
  get foremost(): WatchedSite | undefined {
    let foremost: WatchedSite | undefined;
    for (const hit of this.hits) {
      if (hit !== undefined && hit.weight > (foremost?.weight ?? 0)) foremost = hit;
    }
    return foremost;
  }

  #ask(question: ScoreQuestion, isCharitable: boolean): boolean | undefined {
    const score = this.score + (isCharitable ? this.#missing : 0);
    return question(score + this.#pendingLess, score + this.#pendingMore);
  }

  #expect(weight: number, sign: 1 | -1): void {
    if (weight < 0) this.#pendingLess += sign * weight;
    else this.#pendingMore += sign * weight;
  }

  #add(index: number, site: WatchedSite, result: AskedDnsbl): void {
    if (result.kind === 'listed') {
      this.score += site.weight;
      this.hits[index] = site;
    } else if (site.weight < 0 && result.kind !== 'not_listed') {
      if (result.kind !== 'set_aside' || result.mightHavePermitted) this.#missing += site.weight;
    }
  }
}

/** Is it at least so much? */
export function reaches(threshold: number): ScoreQuestion {
  return (least, most) => (least >= threshold ? true : most < threshold ? false : undefined);
}

/** Is it at most so much? */
export function staysAtMost(threshold: number): ScoreQuestion {
  return (least, most) => (most <= threshold ? true : least > threshold ? false : undefined);
}
