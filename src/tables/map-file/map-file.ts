/**
 * A map file of Postfix's network tables (mysql_table(5), ldap_table(5) and
 * their kin): the syntax of main.cf, without `$name`. The last of equal names counts.
 *
 * Every mistake is reported with its place; no report shows a password.
 */
import type { Report } from '../../language/diagnostic.ts';
import { type Assignment, parseMainCf } from '../../language/main-cf.ts';
import { quote } from '../../language/quote.ts';
import type { Source, Span } from '../../language/source.ts';
import type { SourcedText } from '../../language/sourced-text.ts';
import { didYouMean } from '../../util/did-you-mean.ts';
import { maskPasswords } from './masked-source.ts';

export class MapFile {
  readonly #report: Report;
  readonly #start: Span;
  readonly #values = new Map<string, string>();
  /** Places only: passwords are blotted out. */
  readonly #shown = new Map<string, Assignment>();

  /** @param known the parameters of this kind of map file; others are reported */
  constructor(source: Source, known: readonly string[], report: Report) {
    this.#report = report;
    const shown = maskPasswords(source, known);
    this.#start = shown.span(0, 0);
    for (const assignment of parseMainCf(shown, report)) this.#shown.set(assignment.name, assignment);
    for (const { name, value } of parseMainCf(source, () => {})) {
      if (known.includes(name)) this.#values.set(name, value.text);
    }
    for (const [name, { nameSpan }] of this.#shown) {
      if (!known.includes(name)) reportUnknown(name, nameSpan, known, report);
    }
  }

  /** '' where it is not set. */
  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** A text that must not be set to nothing. */
  filled(name: string, byDefault: string): string {
    const value = this.#values.get(name);
    if (value === '')
      this.error(name, 'map-file-value', `${quote(name)} has no value`, 'give it one, or delete the line');
    return value === undefined || value === '' ? byDefault : value;
  }

  /** A text without which there is no map. */
  required(name: string, help: string): string {
    const value = this.text(name);
    if (value === '') this.error(name, 'map-file-incomplete', `${quote(name)} is not set`, help);
    return value;
  }

  integer(name: string, byDefault: number): number {
    const value = this.#values.get(name);
    if (value === undefined) return byDefault;
    if (/^[+-]?\d{1,9}$/.test(value)) return Number(value);
    this.error(
      name,
      'map-file-value',
      `${quote(value)} is not a number`,
      `write \`${name} = ${byDefault}\`, or delete the line`,
    );
    return byDefault;
  }

  /** A number that must not be less than another. */
  atLeast(name: string, least: number, byDefault: number): number {
    const value = this.integer(name, byDefault);
    if (value >= least) return value;
    const flaw = value < 0 ? 'is negative' : `is less than ${least}`;
    const help = least === 0 ? 'write 0 for no limit' : `write \`${name} = ${byDefault}\``;
    this.error(name, 'map-file-value', `${quote(name)} ${flaw}`, help);
    return byDefault;
  }

  boolean<T>(name: string, byDefault: T): boolean | T {
    const value = this.#values.get(name)?.toLowerCase();
    if (value === undefined) return byDefault;
    if (value === 'yes' || value === 'no') return value === 'yes';
    this.error(
      name,
      'map-file-value',
      `${quote(value)} is neither \`yes\` nor \`no\``,
      `write \`${name} = yes\``,
    );
    return byDefault;
  }

  /** The value with its place, blotted where it holds a password; undefined where it is not set. */
  shown(name: string): SourcedText | undefined {
    return this.#shown.get(name)?.value;
  }

  /** Where it is set, or where the file begins. */
  span(name: string): Span {
    return this.#shown.get(name)?.span ?? this.#start;
  }

  error(name: string, code: string, message: string, help: string): void {
    this.#report({ severity: 'error', code, message, span: this.span(name), help });
  }

  warn(name: string, code: string, message: string, help: string): void {
    this.#report({ severity: 'warning', code, message, span: this.span(name), help });
  }
}

function reportUnknown(name: string, span: Span, known: readonly string[], report: Report): void {
  const meant = didYouMean(name, known);
  const help = meant === undefined ? `the parameters are ${known.join(', ')}` : `did you mean \`${meant}\`?`;
  report({
    severity: 'warning',
    code: 'map-file-parameter',
    message: `${quote(name)} is not a parameter of this map file`,
    span,
    help,
  });
}
