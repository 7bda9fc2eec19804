/**
 * What permits before relaying is refused. A recipient passes when both the
 * relay and the recipient list let it, so that one clean list is enough.
 *
 * Follows classes, and the lists of restrictions that entries of access tables
 * have for results.
 */
import { parseAction } from '../../access/action.ts';
import type { Span } from '../../language/source.ts';
import { SourcedText } from '../../language/sourced-text.ts';
import { tokenize } from '../../language/tokenizer.ts';
import type { AccessRow, AccessTable } from './access-table.ts';
import type { LintContext } from './lint-rule.ts';
import { flatItems, type RestrictionItem, type RestrictionList, readItems } from './restriction-list.ts';

const GUARDS: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'check_relay_domains',
  'reject',
  'defer',
];

export interface BeforeGuard {
  readonly list: RestrictionList;
  readonly item: RestrictionItem;
  /** Where it is written: in a list, or as the result of an entry. */
  readonly span: Span;
  /** The table whose entry leads to it; undefined: it is in the list itself. */
  readonly table: AccessTable | undefined;
}

/**
 * The items before the guard that `isDanger` speaks up about, in every list of
 * the two that has a guard; none when one of them is clean, or has no danger
 * because it has no guard (no-relay-guard says so).
 */
export function dangersBeforeGuard(
  context: LintContext,
  isDanger: (item: RestrictionItem) => boolean,
): readonly BeforeGuard[] {
  const found: BeforeGuard[] = [];
  for (const list of context.lists) {
    if (list.list !== 'relay' && list.list !== 'recipient') continue;
    const scan = new Scan(context, list, isDanger);
    if (!scan.through([...flatItems(list.items, context.classes)])) continue;
    if (scan.dangers.length === 0) return [];
    found.push(...scan.dangers);
  }
  return found;
}

class Scan {
  readonly dangers: BeforeGuard[] = [];
  readonly #context: LintContext;
  readonly #list: RestrictionList;
  readonly #isDanger: (item: RestrictionItem) => boolean;
  readonly #classNames: ReadonlySet<string>;
  /** Results that were followed: a second time they lead nowhere else. */
  readonly #seen = new Set<string>();

  constructor(context: LintContext, list: RestrictionList, isDanger: (item: RestrictionItem) => boolean) {
    this.#context = context;
    this.#list = list;
    this.#isDanger = isDanger;
    this.#classNames = new Set(context.parameters.words('smtpd_restriction_classes'));
  }

  /** True when there is a guard. */
  through(items: readonly RestrictionItem[], table?: AccessTable): boolean {
    const list = this.#list;
    for (const item of items) {
      if (GUARDS.includes(item.restriction.name) && !item.isWarned) return true;
      if (this.#isDanger(item)) this.dangers.push({ list, item, span: item.token.span, table });
      this.#into(item);
    }
    return false;
  }

  /** The lists that the entries of its table have for results. A guard in one of them is for that entry alone. */
  #into(item: RestrictionItem): void {
    const table = tableOf(item, this.#context);
    if (table === undefined) return;
    for (const row of table.rows) {
      const action = parseAction(row.value);
      if (action.kind !== 'list' || action.text.includes(':') || this.#seen.has(action.text)) continue;
      if (isForOwnRecipients(item, row, table, this.#context)) continue;
      this.#seen.add(action.text);
      const tokens = tokenize(SourcedText.at(row.valueSpan, action.text), () => {});
      const items = readItems(tokens, undefined, this.#classNames);
      this.through([...flatItems(items, this.#context.classes)], table);
    }
  }
}

/** The table that an access check asks, if its entries can be read. */
export function tableOf({ argument }: RestrictionItem, context: LintContext): AccessTable | undefined {
  return argument && context.accessTableAt.get(argument);
}

/** Mail for our own domains is no relaying. Domains that stand in tables are given the benefit of the doubt. */
export function isForOwnRecipients(
  { restriction }: RestrictionItem,
  { key }: AccessRow,
  { matching }: AccessTable,
  { parameters }: LintContext,
): boolean {
  if (restriction.name !== 'check_recipient_access') return false;
  if (matching !== 'exact' || key.endsWith('@')) return false;
  const domain = key.slice(key.lastIndexOf('@') + 1).toLowerCase();
  const own = ['mydestination', 'relay_domains', 'virtual_alias_domains', 'virtual_mailbox_domains'].flatMap(
    (parameter) => parameters.words(parameter),
  );
  return own.some((word) => {
    const name = word.toLowerCase();
    return /[:/]/.test(name) || name === domain || domain.endsWith(`.${name}`);
  });
}
