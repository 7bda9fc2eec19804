/**
 * Restriction lists as their author wrote them: the words of a list, each with
 * its row of the registry. Reads what compile-list.ts compiles, by the same
 * rules, and reports nothing.
 */
import { LIST_NAMES, type ListName } from '../../engine/step.ts';
import type { Token } from '../../language/tokenizer.ts';
import { DEFAULT_ACCESS, findRestriction } from '../../restrictions/registry.ts';
import type { Restriction } from '../../restrictions/restriction.ts';
import { listParameter } from '../compile.ts';
import type { ParameterSet } from '../parameter-set.ts';

export interface RestrictionItem {
  readonly kind: 'restriction';
  readonly restriction: Restriction;
  /** The name as written; of a bare table the table. */
  readonly token: Token;
  readonly argument: Token | undefined;
  /** It follows warn_if_reject. */
  readonly isWarned: boolean;
}

export interface ClassItem {
  readonly kind: 'class';
  readonly token: Token;
  readonly isWarned: boolean;
}

/** A word that names nothing; the compiler has said so. */
export interface UnknownItem {
  readonly kind: 'unknown';
  readonly token: Token;
  readonly isWarned: boolean;
}

export type ListItem = RestrictionItem | ClassItem | UnknownItem;

export interface RestrictionList {
  /** `smtpd_client_restrictions`, or the name of a class. */
  readonly parameter: string;
  /** undefined: a class. */
  readonly list: ListName | undefined;
  readonly items: readonly ListItem[];
}

/** @param list decides what a bare table stands for; undefined in a class, where that depends on who uses it */
export function readItems(
  tokens: readonly Token[],
  list: ListName | undefined,
  classNames: ReadonlySet<string>,
): readonly ListItem[] {
  const items: ListItem[] = [];
  let isWarned = false;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined) break;
    const isBareTable = token.text.includes(':');
    const restriction = isBareTable ? bareTable(list) : findRestriction(token.text);
    if (restriction === undefined) {
      items.push({ kind: classNames.has(token.text) ? 'class' : 'unknown', token, isWarned });
    } else {
      const argument = isBareTable ? token : restriction.argument === 'none' ? undefined : tokens[++i];
      items.push({ kind: 'restriction', restriction, token, argument, isWarned });
    }
    isWarned = restriction?.name === 'warn_if_reject';
  }
  return items;
}

function bareTable(list: ListName | undefined): Restriction | undefined {
  const name = list === undefined ? undefined : DEFAULT_ACCESS[list];
  return name === undefined ? undefined : findRestriction(name);
}

export function readLists(parameters: ParameterSet): {
  lists: readonly RestrictionList[];
  classes: ReadonlyMap<string, RestrictionList>;
} {
  const classNames = new Set(parameters.words('smtpd_restriction_classes'));
  const read = (parameter: string, list: ListName | undefined): RestrictionList => ({
    parameter,
    list,
    items: readItems(parameters.tokens(parameter), list, classNames),
  });
  const lists = LIST_NAMES.map((list) => read(listParameter(list), list));
  const defined = [...classNames].filter((name) => parameters.isSet(name));
  return {
    lists: lists.filter(({ items }) => items.length > 0),
    classes: new Map(defined.map((name) => [name, read(name, undefined)])),
  };
}

/** As deep as smtpd(8) follows classes. */
const MAX_DEPTH = 100;

/**
 * The items of a list, and in place of each class those of the class, softened
 * with it. A class comes once: what it holds is the same the second time.
 */
export function* flatItems(
  items: readonly ListItem[],
  classes: ReadonlyMap<string, RestrictionList>,
  isWarned = false,
  visited: Set<string> = new Set(),
  depth = 0,
): Generator<RestrictionItem> {
  for (const item of items) {
    const isSoftened = isWarned || item.isWarned;
    if (item.kind === 'restriction') yield { ...item, isWarned: isSoftened };
    if (item.kind !== 'class' || depth === MAX_DEPTH) continue;
    const key = `${isSoftened} ${item.token.text}`;
    const named = visited.has(key) ? undefined : classes.get(item.token.text);
    visited.add(key);
    if (named !== undefined) yield* flatItems(named.items, classes, isSoftened, visited, depth + 1);
  }
}

/** Every item of every list and class, each once, with the list it is written in. */
export function* everyItem(context: {
  readonly lists: readonly RestrictionList[];
  readonly classes: ReadonlyMap<string, RestrictionList>;
}): Generator<{ item: RestrictionItem; list: RestrictionList }> {
  for (const list of [...context.lists, ...context.classes.values()]) {
    for (const item of list.items) if (item.kind === 'restriction') yield { item, list };
  }
}
