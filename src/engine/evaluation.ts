/**
 * One request being decided: what it asks, where the evaluation stands, and
 * what has been noted on the way. Everything that lives as long as a request
 * lives here; steps and programs are immutable and shared.
 */
import { NOT_IN_DNS, tempfail } from '../dns/answer.ts';
import type { DnsblHealth } from '../dns/dnsbl-health.ts';
import { isSystemName, queryName } from '../dns/query-name.ts';
import type { DnsAnswer, DnsType, Resolver } from '../dns/resolver.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { failureReason, TableFailure } from '../tables/table.ts';
import { andThen, isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { DnsblScore, LookupNote, TraceEntry, Warning } from './decision.ts';
import type { Reply, Subject } from './outcome.ts';
import type { ReplyFilter } from './reply-filter.ts';
import type { ListName, StepRef } from './step.ts';

/** The protocol states in which smtpd knows the sender, so that '' is the null sender. */
const STATES_WITH_SENDER = new Set(['', 'MAIL', 'RCPT', 'DATA', 'END-OF-MESSAGE']);

const NO_STEP: StepRef = Object.freeze({ restriction: '', text: '', span: undefined });

export interface EvaluationOptions {
  readonly resolver: Resolver;
  /** Keep every step with all it looked up, for `explain`; else only what decided. */
  readonly isTracing: boolean;
  /** What is known of the DNSBLs; undefined: each is asked as if it were well. */
  readonly dnsbl?: DnsblHealth | undefined;
  /** How long the request may wait for DNSBLs, all of them together. Default: without end. */
  readonly dnsblBudgetMs?: number | undefined;
  /** The policy's smtpd_dns_reply_filter. */
  readonly replyFilter?: ReplyFilter | undefined;
}

/** What is left of the answer of a DNSBL that came too late for the request. */
const LATE: DnsAnswer = tempfail('dns.budget_ms is used up');

export class Evaluation {
  readonly request: PolicyRequest;
  readonly resolver: Resolver;
  readonly isTracing: boolean;
  readonly dnsbl: DnsblHealth | undefined;
  readonly #replyFilter: ReplyFilter | undefined;
  readonly warnings: Warning[] = [];

  /** The sender as smtpd holds it: '' is the null sender, undefined: not known yet. */
  sender: string | undefined;
  /** undefined: not known, or more than one (at DATA and END-OF-MESSAGE). */
  recipient: string | undefined;
  /** undefined: the client sent no HELO. */
  heloName: string | undefined;

  /** The list that runs, and the step in it; set by the engine. */
  list: ListName = 'client';
  step: StepRef = NO_STEP;
  /** Whom the generic restrictions of this list blame; set by the engine. */
  subject: Subject = { name: '', replyClass: 'Client host' };
  /** True while warn_if_reject holds; set by the engine. */
  isWarnOnly = false;
  /** The last table entry that was found, or failed, in this step. */
  hit: LookupNote | undefined;
  traceEntry: TraceEntry | undefined;
  /** The DNSBL score that was looked at last. */
  dnsblScore: DnsblScore | undefined;

  #memo: Map<object, unknown> | undefined;
  #dnsblBudgetMs: number;

  constructor(request: PolicyRequest, options: EvaluationOptions) {
    this.request = request;
    this.resolver = options.resolver;
    this.isTracing = options.isTracing;
    this.dnsbl = options.dnsbl;
    this.#replyFilter = options.replyFilter;
    this.#dnsblBudgetMs = options.dnsblBudgetMs ?? Number.POSITIVE_INFINITY;
    this.know(undefined);
  }

  /** Holds as much of the request as smtpd does at this command; undefined: all of it. */
  know(command: 'CONNECT' | 'HELO' | 'MAIL' | undefined): void {
    const { sender, recipient, helo_name, protocol_state } = this.request;
    const hasSender = sender !== '' || STATES_WITH_SENDER.has(protocol_state);
    this.sender = hasSender && command !== 'CONNECT' && command !== 'HELO' ? sender : undefined;
    this.recipient = recipient === '' || command !== undefined ? undefined : recipient;
    this.heloName = helo_name === '' || command === 'CONNECT' ? undefined : helo_name;
  }

  /** Asks the DNS as dns_lookup(3) does for smtpd; a plain value when the answer is cached. */
  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    return this.#filtered(this.#noted(this.#lookUp(name, type), name, type), name, type);
  }

  /** The same where smtpd asks by getaddrinfo(3) and its like: no filter of the policy applies. */
  lookupHost(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    const isAsked = (type !== 'A' && type !== 'AAAA') || isSystemName(name);
    return this.#noted(isAsked ? this.resolver.lookup(name, type) : NOT_IN_DNS, name, type);
  }

  /**
   * Asks a DNSBL. What has not been answered when the budget of the request is
   * used up has failed, for this request.
   *
   * @param shown the name as a trace may show it
   */
  lookupDnsbl(name: string, type: DnsType, shown: string): PromiseOrValue<DnsAnswer> {
    const answer = this.withinBudget(this.#lookUp(name, type), LATE);
    return this.#filtered(this.#noted(answer, shown, type), name, type);
  }

  /** Waits for what a DNSBL needs, while the budget lasts; then it is `late`. */
  withinBudget<T>(waited: PromiseOrValue<T>, late: T): PromiseOrValue<T> {
    const budgetMs = this.#dnsblBudgetMs;
    if (!isPromise(waited) || budgetMs === Number.POSITIVE_INFINITY) return waited;
    if (budgetMs <= 0) return late;
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const finish = (value: T): void => {
        clearTimeout(timer);
        this.#dnsblBudgetMs = Math.min(this.#dnsblBudgetMs, budgetMs - (performance.now() - startedMs));
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.#dnsblBudgetMs = 0;
        resolve(late);
      }, budgetMs);
      void waited.then(finish);
    });
  }

  /** Something that the trace should say of this step. */
  note(text: string): void {
    this.traceEntry?.notes.push(text);
  }

  #filtered(answer: PromiseOrValue<DnsAnswer>, name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    const filter = this.#replyFilter;
    if (filter === undefined) return answer;
    return andThen(answer, (all) =>
      filter.apply(name, type, all, {
        dropped: (record) => this.note(`smtpd_dns_reply_filter drops ${record}`),
        wrong: (code, message) => this.warn(code, message),
      }),
    );
  }

  /** dns_lookup(3) takes fewer names than the resolver does. */
  #lookUp(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    return queryName(name) === undefined ? NOT_IN_DNS : this.resolver.lookup(name, type);
  }

  #noted(answer: PromiseOrValue<DnsAnswer>, name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    const entry = this.traceEntry;
    if (entry === undefined) return answer;
    if (!isPromise(answer)) {
      entry.dns.push({ name, type, answer, cached: true });
      return answer;
    }
    return answer.then((late) => {
      entry.dns.push({ name, type, answer: late, cached: false });
      return late;
    });
  }

  /** Notes a table lookup: the last hit may decide, and a trace shows them all. */
  noteLookup(table: string, key: string, result: string | undefined | TableFailure): void {
    if (result === undefined && this.traceEntry === undefined) return;
    const isFailure = result instanceof TableFailure;
    const note: LookupNote = {
      table,
      key,
      value: isFailure ? undefined : result,
      failure: isFailure ? failureReason(table, result) : '',
    };
    if (result !== undefined) this.hit = note;
    this.traceEntry?.lookups.push(note);
  }

  /** Something worth a log line that does not decide. */
  warn(code: Warning['code'], message: string, reply?: Reply): void {
    this.warnings.push({
      code,
      message,
      list: this.list,
      step: this.step,
      ...(reply === undefined ? {} : { reply }),
    });
  }

  /**
   * True the first time in a request, for a check that is not repeated. While
   * it can only warn it does not count: the check proper is still to come.
   */
  isFirst(key: object): boolean {
    if (this.#memo?.has(key) === true) return false;
    if (!this.isWarnOnly) this.once(key, () => true);
    return true;
  }

  /** Computes a value once a request, for whoever owns `key`. */
  once<T>(key: object, compute: () => T): T {
    this.#memo ??= new Map();
    if (this.#memo.has(key)) return this.#memo.get(key) as T;
    const value = compute();
    this.#memo.set(key, value);
    return value;
  }
}
