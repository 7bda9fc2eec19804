/**
 * Which policy server a check_policy_service asks, and how: its argument, and
 * the smtpd_policy_service_* parameters for what that does not say
 * (SMTPD_POLICY_README, "Advanced policy client configuration").
 */
import type { ServiceSettings } from '../chain/policy-service.ts';
import type { Report } from '../language/diagnostic.ts';
import type { Span } from '../language/source.ts';
import { SourcedText } from '../language/sourced-text.ts';
import { parseTimeValue } from '../language/time-value.ts';
import { type Token, tokenize } from '../language/tokenizer.ts';
import { formatServiceEndpoint, parseServiceEndpoint } from '../net/service-endpoint.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import type { CompileContext, RestrictionUse } from './restriction.ts';

export interface PolicyServiceOptions {
  /** For traces and logs: `inet:127.0.0.1:10023`. */
  readonly name: string;
  readonly settings: ServiceSettings;
  readonly policyContext: string;
  readonly defaultAction: string;
}

/** The names of the parameters behind `smtpd_policy_service_`, and of the options in braces. */
const OPTIONS = {
  timeout: 'time',
  max_idle: 'time',
  max_ttl: 'time',
  retry_delay: 'time',
  request_limit: 'number',
  try_limit: 'number',
  default_action: 'text',
  policy_context: 'text',
} as const;

type OptionName = keyof typeof OPTIONS;

const OPTION_NAMES: readonly string[] = Object.keys(OPTIONS);

/** undefined when there is a mistake in it, which is reported: with it smtpd would not run. */
export function readPolicyServiceOptions(
  use: Pick<RestrictionUse, 'argument' | 'span'>,
  context: Pick<CompileContext, 'parameters' | 'report'>,
): PolicyServiceOptions | undefined {
  const reading = new Reading(use.span, context.report);
  const { address, options } = reading.argument(use);
  const { parameters } = context;
  const text = (name: OptionName): string =>
    options.get(name) ?? parameters.text(`smtpd_policy_service_${name}`);
  const seconds = (name: OptionName): number => reading.atLeast(1, name, parseTimeValue(text(name)));
  const number = (name: OptionName, least: number): number => {
    const value = text(name);
    return reading.atLeast(least, name, /^\d{1,9}$/.test(value) ? Number(value) : undefined);
  };

  const endpoint = parseServiceEndpoint(address, parameters.text('queue_directory'));
  if (endpoint === undefined) {
    reading.mistake(
      `\`${address}\` is no address of a policy server`,
      'write inet:host:port with a number for the port, or unix:path',
    );
    return undefined;
  }
  const settings: ServiceSettings = {
    endpoint,
    timeoutSeconds: seconds('timeout'),
    maxIdleSeconds: seconds('max_idle'),
    maxTtlSeconds: seconds('max_ttl'),
    requestLimit: number('request_limit', 0),
    tryLimit: number('try_limit', 1),
    retryDelaySeconds: seconds('retry_delay'),
  };
  const defaultAction = text('default_action');
  if (defaultAction === '') {
    reading.mistake('default_action is empty', 'write an action of access(5), such as DUNNO');
  }
  if (reading.hasMistakes) return undefined;
  return {
    name: formatServiceEndpoint(endpoint),
    settings,
    policyContext: text('policy_context'),
    defaultAction,
  };
}

interface Argument {
  readonly address: string;
  readonly options: ReadonlyMap<OptionName, string>;
}

/** One argument as it is read; knows whether something was wrong. */
class Reading {
  readonly #span: Span | undefined;
  readonly #report: Report;
  hasMistakes = false;

  constructor(span: Span | undefined, report: Report) {
    this.#span = span;
    this.#report = report;
  }

  mistake(message: string, help: string): void {
    this.hasMistakes = true;
    this.#report({
      severity: 'error',
      code: 'bad-argument',
      message: `check_policy_service: ${message}`,
      span: this.#span,
      help,
    });
  }

  /** @param value undefined: it could not be read */
  atLeast(least: number, name: OptionName, value: number | undefined): number {
    if (value !== undefined && value >= least) return value;
    const what = OPTIONS[name] === 'time' ? 'a time, such as 10s,' : 'a number';
    this.mistake(`${name} must be ${what} of at least ${least}`, `write ${name}=… with such a value`);
    return least;
  }

  /** `address`, or `{ address, name=value, { name = value } }`. */
  argument({ argument, span }: Pick<RestrictionUse, 'argument' | 'span'>): Argument {
    const written = span === undefined ? SourcedText.literal(argument) : SourcedText.at(span, argument);
    const [whole] = tokenize(written, this.#report);
    const options = new Map<OptionName, string>();
    if (whole === undefined || !whole.text.startsWith('{')) return { address: argument, options };
    if (!whole.isBraced) this.mistake('there is text after its `}`', 'put a blank behind the brace');
    const [first, ...others] = tokenize(whole.content, this.#report);
    for (const token of others) this.#option(token, options);
    return { address: first?.text ?? '', options };
  }

  #option(token: Token, options: Map<OptionName, string>): void {
    const { text } = token.content;
    const [, name = '', value = ''] = /^([^\s=]+)\s*=\s*(.*)$/s.exec(text) ?? [];
    if (name === '' || (token.text.startsWith('{') && !token.isBraced)) {
      this.mistake(
        `\`${token.text}\` is no option`,
        'write name=value, or { name = value } for one with blanks',
      );
    } else if (!isOptionName(name)) {
      const meant = didYouMean(name, OPTION_NAMES);
      this.mistake(
        `unknown option \`${name}\``,
        meant === undefined ? `the options are ${OPTION_NAMES.join(', ')}` : `did you mean \`${meant}\`?`,
      );
    } else if (value === '') {
      this.mistake(`the option ${name} is empty`, 'leave it out to have what its parameter says');
    } else {
      options.set(name, value);
    }
  }
}

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}
