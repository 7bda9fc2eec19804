/**
 * The parameters of one policy: what its file sets, else Postfix's defaults,
 * with `$name` expanded (postconf(5)). Values are computed when they are first
 * asked for, so that parameters that do not concern us cost nothing.
 */
import type { Report } from '../language/diagnostic.ts';
import { expand } from '../language/expansion.ts';
import type { Assignment } from '../language/main-cf.ts';
import { quote } from '../language/quote.ts';
import { SourcedText } from '../language/sourced-text.ts';
import { TIME_VALUE } from '../language/time-value.ts';
import { type Token, tokenize } from '../language/tokenizer.ts';
import { type WorkBudget, wordWork } from '../language/work-budget.ts';
import type { ParameterValues } from '../restrictions/restriction.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import {
  defaultDomain,
  defaultHostname,
  defaultNetworks,
  familiesOf,
  type HostFacts,
  withFamilies,
} from './host-facts.ts';
import type { ParameterKind, ParameterRow } from './parameter-row.ts';
import { PARAMETER_BY_NAME } from './parameters.ts';
import { OTHER_DEFAULTS } from './postfix-parameters.ts';

export interface ParameterSetOptions {
  readonly assignments: readonly Assignment[];
  /** `$config_directory`: where the policy file is. */
  readonly configDirectory: string;
  readonly host: HostFacts;
  readonly report: Report;
  /** What the values may cost, together with whatever else is loaded. Default: what they like. */
  readonly budget?: WorkBudget | undefined;
}

/** What values of a kind must look like; kinds without an entry take any text. */
const FORMS: Readonly<Partial<Record<ParameterKind, { pattern: RegExp; words: string }>>> = {
  boolean: { pattern: /^(?:yes|no)$/i, words: 'yes or no' },
  integer: { pattern: /^\d+$/, words: 'a number' },
  time: { pattern: TIME_VALUE, words: 'a number with a unit: s, m, h, d or w' },
  code: { pattern: /^[45]\d\d$/, words: 'an SMTP reply code from 400 to 599' },
  tempfail_action: { pattern: /^(?:defer_if_permit|defer)$/i, words: 'defer_if_permit or defer' },
  error_answers: { pattern: /^(?:ignored|listed)$/i, words: 'ignored or listed' },
  score: { pattern: /^-?\d{1,9}$/, words: 'a whole number' },
  protocols: {
    pattern: /^(?:(?:all|ipv4|ipv6)(?:[\s,]+|$))+$/i,
    words: 'all, ipv4, ipv6, or both of these',
  },
  health_mode: { pattern: /^(?:enforce|report|off)$/i, words: 'enforce, report or off' },
};

export class ParameterSet implements ParameterValues {
  readonly #options: ParameterSetOptions;
  readonly #assigned: ReadonlyMap<string, SourcedText>;
  readonly #values = new Map<string, SourcedText>();
  readonly #broken = new Set<string>();
  /** All that a reference can name; made when one names nothing. */
  #names: readonly string[] | undefined;

  constructor(options: ParameterSetOptions) {
    this.#options = options;
    this.#assigned = new Map(options.assignments.map(({ name, value }) => [name, value]));
  }

  /** Reports what is wrong with any parameter that the policy file sets, whether a restriction reads it or not. */
  check(): void {
    for (const name of this.#assigned.keys()) if (PARAMETER_BY_NAME.has(name)) this.value(name);
  }

  /** True when the policy file sets it. */
  isSet(name: string): boolean {
    return this.#assigned.has(name);
  }

  /** A parameter of the table, or one that the file defines (a restriction class). */
  value(name: string): SourcedText {
    let value = this.#values.get(name);
    if (value === undefined) {
      const expanded = this.#expanded(name);
      value = this.#isPaid(name, expanded) ? this.#checked(name, expanded) : this.#unread(name);
      this.#values.set(name, value);
    }
    return value;
  }

  /** True when the value could not be expanded: what there is of it must not decide. */
  isBroken(name: string): boolean {
    this.value(name);
    return this.#broken.has(name);
  }

  text(name: string): string {
    return this.value(name).text;
  }

  integer(name: string): number {
    return Number(this.text(name));
  }

  boolean(name: string): boolean {
    return this.text(name).toLowerCase() === 'yes';
  }

  tokens(name: string): readonly Token[] {
    return tokenize(this.value(name), this.#options.report);
  }

  words(name: string): readonly string[] {
    return this.tokens(name).map((token) => token.text);
  }

  #isPaid(name: string, { text }: SourcedText): boolean {
    const { budget } = this.#options;
    if (budget === undefined) return true;
    return budget.spend(this.isSet(name) ? wordWork(text) : 0, name, () => this.#raw(name)?.span());
  }

  /** In place of a value that there was no room for: what Postfix has without one, as far as that is plain. */
  #unread(name: string): SourcedText {
    this.#broken.add(name);
    const plain = PARAMETER_BY_NAME.get(name)?.default;
    if (plain?.includes('$') === false) return SourcedText.literal(plain);
    return this.#raw(name)?.slice(0, 0) ?? SourcedText.literal('');
  }

  #expanded(name: string): SourcedText {
    const raw = this.#raw(name);
    if (raw === undefined) throw new Error(`no such parameter: ${name}`);
    if (PARAMETER_BY_NAME.get(name)?.kind === 'template') return raw;
    return expand(
      raw,
      (other) => this.#raw(other),
      (diagnostic) => {
        if (diagnostic.severity === 'error') this.#broken.add(name);
        this.#options.report(diagnostic);
      },
      (other) => this.#meant(other),
      this.#options.budget,
    );
  }

  #meant(name: string): string | undefined {
    this.#names ??= [...PARAMETER_BY_NAME.keys(), ...this.#assigned.keys()];
    const names = this.#names;
    const { budget } = this.#options;
    const find = () => didYouMean(name, names);
    return budget === undefined ? find() : budget.guess(names.length, find);
  }

  #raw(name: string): SourcedText | undefined {
    return this.#assigned.get(name) ?? this.#default(name);
  }

  #default(name: string): SourcedText | undefined {
    const row = PARAMETER_BY_NAME.get(name);
    if (row?.default !== undefined) return SourcedText.literal(row.default);
    const { host, configDirectory } = this.#options;
    switch (name) {
      case 'config_directory':
        return SourcedText.literal(configDirectory);
      case 'myhostname':
        return SourcedText.literal(defaultHostname(host, this.#assigned.get('mydomain')?.text));
      case 'mydomain':
        return SourcedText.literal(defaultDomain(this.text('myhostname')));
      case 'mynetworks':
        return SourcedText.literal(
          defaultNetworks(
            withFamilies(host, familiesOf(this.words('inet_protocols'))),
            this.text('mynetworks_style'),
            this.words('inet_interfaces'),
          ),
        );
      default: {
        const other = OTHER_DEFAULTS.get(name);
        return other === undefined ? undefined : SourcedText.literal(other);
      }
    }
  }

  /** A value that its kind does not allow is reported, and the default stands in for it. */
  #checked(name: string, value: SourcedText): SourcedText {
    const row = PARAMETER_BY_NAME.get(name);
    const form = row === undefined ? undefined : FORMS[row.kind];
    if (row === undefined || form === undefined || form.pattern.test(value.text)) return value;
    this.#options.report({
      severity: 'error',
      code: 'bad-parameter-value',
      message: `${name} cannot be ${quote(value.text)}`,
      span: value.span(),
      help: `it must be ${form.words}`,
    });
    return this.#fallback(row);
  }

  #fallback(row: ParameterRow): SourcedText {
    const text = SourcedText.literal(row.default ?? '');
    return expand(text, (other) => this.#raw(other), this.#options.report, undefined, this.#options.budget);
  }
}
