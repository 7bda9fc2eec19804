/** A policy made of a text, and requests decided by it, inside the test's own process. */
import { onTestFinished } from 'vitest';
import { PolicyServiceSet } from '../../src/chain/policy-service-set.ts';
import type { DnsblHealth, DnsblUse } from '../../src/dns/dnsbl-health.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import type { Decision } from '../../src/engine/decision.ts';
import { DEFAULT_LOOKAHEAD, evaluate } from '../../src/engine/evaluate.ts';
import { Evaluation } from '../../src/engine/evaluation.ts';
import { formatReply } from '../../src/engine/outcome.ts';
import type { ListName } from '../../src/engine/step.ts';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { Source } from '../../src/language/source.ts';
import type { WorkLimits } from '../../src/language/work-budget.ts';
import { compileSource } from '../../src/policy/loader.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import { TableSet } from '../../src/tables/table-set.ts';

/** What a request has unless a test says otherwise. */
const REQUEST: Partial<PolicyRequest> = {
  request: 'smtpd_access_policy',
  protocol_state: 'RCPT',
  protocol_name: 'ESMTP',
  client_address: '192.0.2.10',
  client_name: 'mail.client.test',
  reverse_client_name: 'mail.client.test',
  helo_name: 'mail.client.test',
  sender: 'alice@sender.test',
  recipient: 'bob@dest.test',
  instance: '1.2.3',
};

const NO_DNS: Resolver = {
  lookup: (name, type) => {
    throw new Error(`nobody expected a question for ${name} ${type}`);
  },
};

export interface DecideOptions {
  readonly request?: Partial<PolicyRequest>;
  readonly resolver?: Resolver;
  /** One list alone. */
  readonly list?: ListName;
  /** DNS names asked ahead of time; 0: none. */
  readonly lookahead?: number;
  readonly dnsbl?: DnsblHealth;
  readonly dnsblBudgetMs?: number;
  /** Default true. */
  readonly isTracing?: boolean;
}

export class CompiledPolicy {
  /** What is wrong with its text. */
  readonly errors: readonly Diagnostic[];
  /** And what is doubtful. */
  readonly doubts: readonly Diagnostic[];
  readonly #policy: Policy;

  constructor(policy: Policy, diagnostics: readonly Diagnostic[]) {
    this.#policy = policy;
    this.errors = diagnostics.filter(({ severity }) => severity === 'error');
    this.doubts = diagnostics.filter(({ severity }) => severity !== 'error');
  }

  get dnsblUses(): DnsblUse[] {
    return [...this.#policy.dnsblUses];
  }

  async decide(options: DecideOptions = {}): Promise<Decision> {
    const request = Object.assign(new PolicyRequest(), REQUEST, options.request);
    const { resolver = NO_DNS, dnsbl, dnsblBudgetMs, isTracing = true } = options;
    const evaluation = new Evaluation(request, {
      resolver,
      isTracing,
      dnsbl,
      dnsblBudgetMs,
      replyFilter: this.#policy.replyFilter,
    });
    const { lookahead = DEFAULT_LOOKAHEAD } = options;
    return evaluate(this.#policy.plan(request, options.list), evaluation, { lookahead });
  }

  /** The reply as Postfix would send it, or the verdict where there is none. */
  async reply(options: DecideOptions = {}): Promise<string> {
    const { verdict, reply } = await this.decide(options);
    return reply === undefined ? verdict : formatReply(reply);
  }
}

/** Closed when the test is over. `file` is where the text would be. */
export function compilePolicyText(mainCf: string, file?: string): CompiledPolicy {
  const { policy, diagnostics } = compileMainCf(mainCf, { file });
  return new CompiledPolicy(policy, diagnostics);
}

/** The same, with what else compiling tells. */
export function compileMainCf(
  mainCf: string,
  { file = '/etc/postfix/main.cf', limits }: { file?: string | undefined; limits?: WorkLimits } = {},
) {
  const tables = new TableSet();
  const policyServices = new PolicyServiceSet();
  onTestFinished(() => {
    tables.close();
    policyServices.close();
  });
  const host = { hostname: 'mx.dest.test', interfaces: ['127.0.0.1/8', '192.0.2.25/24'] };
  const options = { name: 'test', tables, policyServices, host, ...(limits && { limits }) };
  const { policy, ...rest } = compileSource(new Source(file, mainCf), options);
  if (policy === undefined) throw new Error('no policy was made of the text');
  return { policy, ...rest };
}
