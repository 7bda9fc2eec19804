/**
 * Runs the lists of a plan over a request, left to right, as generic_checks()
 * of smtpd(8) does: permit ends a list, reject ends everything, and the flags
 * defer_if_permit, defer_if_reject and warn_if_reject change what those mean.
 *
 * Synchronous while no step has to wait: a step that needs no I/O costs no
 * promise. The first promise starts the lookahead and the machine goes on
 * where it stood when it settles. Lists inside lists are frames on a stack of
 * our own, so that it can stop anywhere.
 */
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { DecidedBy, Decision, LookupNote, TraceEntry, TraceList, Verdict } from './decision.ts';
import type { Evaluation } from './evaluation.ts';
import { lookAhead } from './lookahead.ts';
import { lostEffects, type PlacedEffect } from './lost-effects.ts';
import { CONFIGURATION_ERROR, type Outcome, type Reply, type SideEffect, type Subject } from './outcome.ts';
import type { Plan, Stage } from './plan.ts';
import { settle } from './settle.ts';
import type { Program, Step, StepRef } from './step.ts';

/** How many DNS names are asked ahead of time. */
export const DEFAULT_LOOKAHEAD = 16;

/** How deep a list may stand that is the value of a table, as in smtpd: deeper it is a configuration error. */
const MAX_RECURSION = 100;

/**
 * Steps of lists inside lists, all in all. A class that contains itself has more than any (smtpd crashes of it), and one
 * that names a class twice that names one twice, and so on, nearly as many.
 */
const MAX_NESTED_STEPS = 50_000;

export interface EvaluateOptions {
  /** 0 asks one name after another. */
  readonly lookahead: number;
}

const DEFAULT_OPTIONS: EvaluateOptions = { lookahead: DEFAULT_LOOKAHEAD };

/** Decides. A plain value if no step had to wait. */
export function evaluate(
  plan: Plan,
  evaluation: Evaluation,
  options: EvaluateOptions = DEFAULT_OPTIONS,
): PromiseOrValue<Decision> {
  return new Run(plan, evaluation, options).proceed();
}

/** A list in progress. */
interface Frame {
  readonly program: Program;
  readonly subject: Subject;
  readonly ifPermit: 'permit' | 'dunno' | 'forbidden';
  /** The table entry whose value this list is. */
  readonly entry: LookupNote | undefined;
  index: number;
}

/** A deferral on hand and who asked for it. */
interface Deferral {
  readonly reply: Reply;
  readonly decidedBy: DecidedBy;
}

class Run {
  readonly #plan: Plan;
  readonly #e: Evaluation;
  readonly #options: EvaluateOptions;
  readonly #frames: Frame[] = [];
  #nestedSteps = 0;
  readonly #effects: SideEffect[] = [];
  readonly #placed: PlacedEffect[] = [];
  readonly #trace: TraceList[] | undefined;
  #stage = 0;
  #known: Stage['early'];
  #traceList: TraceList | undefined;
  #deferIfPermit: Deferral | undefined;
  #deferIfReject: Deferral | undefined;
  /** The depth of the list in which warn_if_reject stands; 0: nowhere. */
  #warnDepth = 0;
  #isDiscarded = false;
  #discardedBy: DecidedBy | undefined;
  /** The explicit permit that ended the list run last, if one did. */
  #permittedBy: DecidedBy | undefined;
  #mayLookAhead = true;

  constructor(plan: Plan, evaluation: Evaluation, options: EvaluateOptions) {
    this.#plan = plan;
    this.#e = evaluation;
    this.#options = options;
    this.#trace = evaluation.isTracing ? [] : undefined;
  }

  proceed(): PromiseOrValue<Decision> {
    for (;;) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) {
        if (this.#isDiscarded || !this.#nextStage()) return this.#finish();
        continue;
      }
      const step = this.#isDiscarded ? undefined : frame.program.steps[frame.index];
      if (step === undefined) {
        this.#endList();
        continue;
      }
      frame.index += 1;
      const outcome = this.#check(step, frame);
      if (isPromise(outcome)) {
        this.#warmUp();
        return outcome.then((late) => this.#apply(late, step) ?? this.proceed());
      }
      const decision = this.#apply(outcome, step);
      if (decision !== undefined) return decision;
    }
  }

  /** Enters the next list that smtpd would run; false when there is none. */
  #nextStage(): boolean {
    this.#closeTraceList('permitted');
    while (this.#stage < this.#plan.stages.length) {
      const stage = this.#plan.stages[this.#stage] as Stage;
      this.#stage += 1;
      if (stage.forgetsDeferIfReject) this.#deferIfReject = undefined;
      if (stage.forgetsDeferIfPermitWithoutSender && this.#e.sender === undefined) {
        this.#deferIfPermit = undefined;
      }
      this.#warnDepth = 0;
      if (stage.early !== this.#known) {
        this.#known = stage.early;
        this.#e.know(stage.early);
      }
      const subject = stage.subject(this.#e);
      if (subject === undefined) continue;
      if (stage.isSkippedIfDeferred && this.#deferIfPermit !== undefined) continue;
      this.#permittedBy = undefined;
      this.#e.list = stage.list;
      this.#frames.push({
        program: stage.program,
        subject,
        ifPermit: 'permit',
        entry: undefined,
        index: 0,
      });
      if (this.#trace !== undefined) {
        const { list, implicit } = stage;
        this.#traceList = { list, implicit, entries: [], notReached: [], result: 'permitted' };
        this.#trace.push(this.#traceList);
      }
      return true;
    }
    return false;
  }

  #check(step: Step, frame: Frame): PromiseOrValue<Outcome> {
    const e = this.#e;
    e.step = step;
    e.subject = frame.subject;
    e.hit = undefined;
    e.isWarnOnly = this.#warnDepth > 0;
    if (this.#traceList === undefined) return step.check(e);

    const entry: TraceEntry = {
      list: e.list,
      step,
      depth: this.#frames.length - 1,
      isWarnOnly: e.isWarnOnly,
      outcome: undefined,
      lookups: [],
      dns: [],
      notes: [],
      durationMs: 0,
    };
    this.#traceList.entries.push(entry);
    e.traceEntry = entry;
    const started = performance.now();
    const note = (outcome: Outcome): Outcome => {
      entry.outcome = outcome;
      entry.durationMs = performance.now() - started;
      return outcome;
    };
    const outcome = step.check(e);
    return isPromise(outcome) ? outcome.then(note) : note(outcome);
  }

  /** Takes in what a step says; a decision when it ends everything. */
  #apply(outcome: Outcome, step: Step): Decision | undefined {
    switch (outcome.kind) {
      case 'dunno':
        break;
      case 'permit':
        this.#permittedBy = this.#decidedBy(step);
        return this.#permit();
      case 'warn_next':
        if (this.#warnDepth === 0) this.#warnDepth = this.#frames.length;
        return undefined;
      case 'reject':
        if (this.#warnDepth === 0 || outcome.isFault) {
          return this.#reject(outcome.reply, outcome.isFault, step);
        }
        this.#softened(outcome.reply);
        break;
      case 'defer_if_permit':
        if (this.#warnDepth === 0) {
          this.#deferIfPermit ??= { reply: outcome.reply, decidedBy: this.#decidedBy(step) };
        } else {
          this.#softened(outcome.reply);
        }
        break;
      case 'defer_if_reject':
        this.#deferIfReject ??= { reply: outcome.reply, decidedBy: this.#decidedBy(step) };
        break;
      case 'effect':
        this.#effects.push(outcome.effect);
        this.#placed.push({ effect: outcome.effect, list: this.#e.list, step });
        if (outcome.effect.verb === 'DISCARD') {
          this.#isDiscarded = true;
          this.#discardedBy = this.#decidedBy(step);
          return undefined;
        }
        break;
      case 'evaluate': {
        this.#nestedSteps += outcome.program.steps.length + 1;
        // A class has no subject of its own; what a table says has.
        const isTooDeep = outcome.subject !== undefined && this.#frames.length > MAX_RECURSION;
        if (isTooDeep || this.#nestedSteps > MAX_NESTED_STEPS) return this.#apply(CONFIGURATION_ERROR, step);
        this.#frames.push({
          program: outcome.program,
          subject: outcome.subject ?? this.#e.subject,
          ifPermit: outcome.ifPermit,
          entry: this.#e.hit,
          index: 0,
        });
        return undefined;
      }
    }
    this.#afterStep();
    return undefined;
  }

  /** What holds after each restriction, whatever it said. */
  #afterStep(): void {
    if (this.#warnDepth >= this.#frames.length) this.#warnDepth = 0;
    // Neither permit nor reject can change the answer any more: the list stops.
    if (this.#deferIfPermit !== undefined && this.#deferIfReject !== undefined) {
      this.#frames.length = 0;
      this.#closeTraceList('stopped');
    }
  }

  /** The innermost list came to its end undecided. */
  #endList(): void {
    this.#frames.pop();
    if (this.#isDiscarded) {
      if (this.#frames.length === 0) this.#closeTraceList('discarded');
      return;
    }
    if (this.#frames.length > 0) this.#afterStep();
  }

  /** Permit ends this list, and the lists it stands in unless they think otherwise. */
  #permit(): Decision | undefined {
    for (;;) {
      const frame = this.#frames.pop();
      if (this.#warnDepth > this.#frames.length) this.#warnDepth = 0;
      if (frame === undefined || this.#frames.length === 0) return undefined;
      if (frame.ifPermit === 'permit') continue;
      if (frame.ifPermit === 'forbidden') {
        this.#e.warn('right_hand_side', `${this.#e.step.text}: OK is not allowed here; use DUNNO instead`);
        return this.#apply(CONFIGURATION_ERROR, this.#stepOf(this.#frames.at(-1)));
      }
      this.#afterStep();
      return undefined;
    }
  }

  #stepOf(frame: Frame | undefined): Step {
    const step = frame?.program.steps[frame.index - 1];
    if (step === undefined) throw new Error('a list in progress has no current step');
    return step;
  }

  #softened(reply: Reply): void {
    const settled = settle(reply, undefined, this.#plan.isSoftBounce);
    this.#e.warn('reject_warning', settled.text, settled);
  }

  #reject(reply: Reply, isFault: boolean, step: Step): Decision {
    this.#closeTraceList('rejected');
    const settled = settle(reply, this.#deferIfReject?.reply, this.#plan.isSoftBounce);
    const isReplaced = reply.code >= 500 && this.#deferIfReject !== undefined;
    const decidedBy =
      isReplaced && this.#deferIfReject !== undefined ? this.#deferIfReject.decidedBy : this.#decidedBy(step);
    return this.#decide(settled.code >= 500 ? 'reject' : 'defer', settled, decidedBy, isFault);
  }

  /** All lists are done, or skipped by DISCARD. */
  #finish(): Decision {
    const { isSoftBounce, scope } = this.#plan;
    const deferral = this.#deferIfPermit;
    if (deferral !== undefined) {
      const reply = settle(deferral.reply, undefined, isSoftBounce);
      // With both flags up, or after DISCARD, nothing that follows can turn it into something else.
      const isCertain =
        this.#isDiscarded || (scope === 'list' && this.#deferIfReject !== undefined && this.#isCarried());
      return this.#decide(isCertain ? 'defer' : 'defer_if_permit', reply, deferral.decidedBy, false);
    }
    if (this.#isDiscarded) return this.#decide('discard', undefined, this.#discardedBy, false);
    if (scope === 'list' && this.#deferIfReject !== undefined) {
      const { reply, decidedBy } = this.#deferIfReject;
      return this.#decide('defer_if_reject', settle(reply, undefined, isSoftBounce), decidedBy, false);
    }
    if (this.#placed.length > 1) this.#e.warnings.push(...lostEffects(this.#placed));
    return this.#decide('permit', undefined, this.#permittedBy, false);
  }

  /** Only the relay list hands its defer_if_reject on, to the recipient list. */
  #isCarried(): boolean {
    return this.#e.list === 'relay';
  }

  #decide(
    verdict: Verdict,
    reply: Reply | undefined,
    decidedBy: DecidedBy | undefined,
    isFault: boolean,
  ): Decision {
    return {
      verdict,
      reply,
      effects: this.#effects,
      decidedBy,
      warnings: this.#e.warnings,
      dnsblScore: this.#e.dnsblScore,
      isFault,
      trace: this.#trace,
    };
  }

  #decidedBy(step: Step): DecidedBy {
    let entry = this.#e.hit;
    for (let i = this.#frames.length - 1; entry === undefined && i >= 0; i--) {
      entry = this.#frames[i]?.entry;
    }
    return { list: this.#e.list, step, entry };
  }

  #closeTraceList(result: TraceList['result']): void {
    const list = this.#traceList;
    if (list === undefined) return;
    this.#traceList = undefined;
    this.#e.traceEntry = undefined;
    list.result = result;
    const top = this.#plan.stages[this.#stage - 1]?.program.steps ?? [];
    const reached = new Set<StepRef>(
      list.entries.filter((entry) => entry.depth === 0).map((entry) => entry.step),
    );
    list.notReached = top.filter((step) => !reached.has(step));
  }

  #warmUp(): void {
    if (!this.#mayLookAhead || this.#options.lookahead === 0) return;
    // Once everything that is to come has been asked there is no need to look again.
    this.#mayLookAhead = lookAhead(
      this.#e,
      this.#frames,
      this.#plan.stages,
      this.#stage,
      this.#options.lookahead,
    );
  }
}
