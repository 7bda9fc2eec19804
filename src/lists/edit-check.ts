/**
 * Checks the texts of an edit and puts them into the form in which they are
 * stored. What depends on what the store holds is checked there.
 */

import type { StoreEdit } from '../store/list-edits.ts';
import { LIST_KINDS, type ListEntry, type ListKind } from '../store/list-records.ts';
import { isStamp } from '../store/stamp.ts';
import { isListName, LIST_NAME_HELP } from '../tables/list-tables.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { formatTime } from '../util/rfc3339.ts';
import { MAX_EXPIRES_MS } from './action-pool.ts';
import type { Edit, EditProblem, EntryFields } from './edit.ts';
import { isKeyMistake, parseKey } from './key.ts';
import { isActionMistake, parseListAction } from './list-action.ts';
import { isOneLine, NOT_ONE_LINE } from './one-line.ts';

export const MAX_COMMENT_LENGTH = 1000;
export const MAX_DESCRIPTION_LENGTH = 1000;

export interface CheckContext {
  readonly nowMs: number;
  /** The kind of a list; undefined when there is none of that name. */
  readonly kindOf: (list: string) => ListKind | undefined;
  /** The restriction classes of the policies in force. */
  readonly classNames: Iterable<string>;
  /** For all edits of a transaction together: a guess costs more than all else. */
  readonly guess: typeof didYouMean;
}

/** As many mistakes as anybody reads. */
const MAX_GUESSES = 100;

/** The name that a misspelt one was meant for, for so many of them. */
export function someGuesses(): typeof didYouMean {
  let left = MAX_GUESSES;
  return (name, known) => {
    left -= 1;
    return left < 0 ? undefined : didYouMean(name, known);
  };
}

export interface CheckedEdit {
  readonly edit: StoreEdit;
  readonly notes: readonly string[];
}

/** What is to be done, or everything that is wrong with it. */
export function checkEdit(
  edit: Edit,
  index: number,
  context: CheckContext,
): CheckedEdit | readonly EditProblem[] {
  const checker = new EditChecker(index, context);
  const checked = checker.check(edit);
  return checker.problems.length > 0 || checked === undefined ? checker.problems : checked;
}

/** For whoever has changed an entry whose time is over: nothing of it is in force. */
export function expiryNotes(entry: ListEntry | undefined, nowMs: number): string[] {
  if (entry === undefined || entry.expires === null || entry.expires > nowMs) return [];
  return [`expired at ${formatTime(entry.expires)}, and out of force until its expiry is set anew`];
}

class EditChecker {
  readonly problems: EditProblem[] = [];
  readonly #notes: string[] = [];
  readonly #index: number;
  readonly #context: CheckContext;

  constructor(index: number, context: CheckContext) {
    this.#index = index;
    this.#context = context;
  }

  check(edit: Edit): CheckedEdit | undefined {
    const { list, condition } = edit;
    if (!isListName(list)) {
      this.#invalid('list', `\`${list.slice(0, 100)}\` is no name of a list`, LIST_NAME_HELP);
      return undefined;
    }
    if (edit.operation === 'drop') return this.#checked({ operation: 'drop', list, condition });
    if (edit.operation === 'describe') {
      const { kind, description } = edit.fields;
      if (kind !== undefined && !LIST_KINDS.includes(kind)) {
        this.#invalid('kind', 'there is no such kind of list', `write one of ${LIST_KINDS.join(', ')}`);
      }
      this.#text('description', description, MAX_DESCRIPTION_LENGTH);
      return this.#checked({ operation: 'describe', list, kind, description, condition });
    }
    const kind = this.#context.kindOf(list);
    if (kind === undefined) {
      this.#add(
        'unknown-list',
        'list',
        `there is no list \`${list}\``,
        'make it first, or name it in a policy',
      );
      return undefined;
    }
    // What is in the list can be taken out, also what a list of that kind would not take.
    const key = parseKey(edit.key, edit.operation === 'remove' && kind !== 'helo' ? 'any' : kind);
    if (isKeyMistake(key)) this.#invalid('key', key.error, key.help);
    else if (key.note !== undefined) this.#notes.push(key.note);
    if (edit.operation === 'remove') {
      if (isKeyMistake(key)) return undefined;
      return this.#checked({ operation: 'remove', list, key: key.key, class: key.class, condition });
    }
    const fields = this.#fields(edit.fields);
    if (isKeyMistake(key)) return undefined;
    const { operation } = edit;
    return this.#checked({ operation, list, key: key.key, class: key.class, fields, condition });
  }

  #fields({ action, comment, expires }: Partial<EntryFields>) {
    this.#text('comment', comment, MAX_COMMENT_LENGTH);
    return {
      action: action === undefined ? undefined : this.#action(action),
      comment,
      expires: expires === undefined || expires === null ? expires : this.#expires(expires),
    };
  }

  #action(written: string): { text: string; verb: string } | undefined {
    const action = parseListAction(written, this.#context.classNames, this.#context.guess);
    if (!isActionMistake(action)) return action;
    this.#invalid('action', action.error, action.help);
    return undefined;
  }

  #expires(ms: number): number {
    const whole = Math.ceil(ms / 1000) * 1000;
    if (!Number.isFinite(whole)) this.#invalid('expires', 'the expiry is no time', 'leave it out for never');
    else if (whole <= this.#context.nowMs) {
      this.#invalid('expires', 'the expiry is in the past', 'name a time to come, or remove the entry');
    } else if (whole > MAX_EXPIRES_MS) {
      const last = new Date(MAX_EXPIRES_MS).toISOString();
      this.#invalid('expires', `the expiry is after ${last}`, 'leave it out for never');
    } else if (whole !== ms)
      this.#notes.push(`expires at ${new Date(whole).toISOString()}: whole seconds count`);
    return whole;
  }

  #text(field: 'comment' | 'description', text: string | undefined, most: number): void {
    if (text === undefined) return;
    if (text.length > most) {
      this.#invalid(field, `the ${field} is longer than ${most} characters`, 'shorten it');
    }
    if (!isOneLine(text)) {
      this.#invalid(field, `the ${field} ${NOT_ONE_LINE}`, 'write it on one line');
    }
  }

  #checked(edit: StoreEdit): CheckedEdit {
    const { condition } = edit;
    const isVersioned = edit.operation === 'put' || edit.operation === 'patch' || edit.operation === 'remove';
    if (condition?.is === 'version' && isVersioned && !isStamp(condition.version)) {
      this.#add('condition', 'version', 'no entry ever had that version', 'read the entry again');
    }
    return { edit, notes: this.#notes };
  }

  #invalid(field: EditProblem['field'], message: string, help: string): void {
    this.#add('invalid', field, message, help);
  }

  #add(code: EditProblem['code'], field: EditProblem['field'], message: string, help: string): void {
    this.problems.push({ index: this.#index, code, field, message, help });
  }
}
