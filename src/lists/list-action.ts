/**
 * The actions of entries: whatever access(5) allows that makes sense, read by
 * the parser of the evaluator, so that what is taken here is understood there.
 */
import { ACTIONS, parseAction } from '../access/action.ts';
import { findRestriction, RESTRICTION_NAMES } from '../restrictions/registry.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { isOneLine, NOT_ONE_LINE } from './one-line.ts';
import { shown } from './shown.ts';

export interface ParsedAction {
  /** As it is kept: without white space around it. */
  readonly text: string;
  /** What it begins with, in upper case: `REJECT`, `550`; `RESTRICTIONS` for restrictions. */
  readonly verb: string;
}

export interface ActionMistake {
  readonly error: string;
  readonly help: string;
}

export const MAX_ACTION_LENGTH = 1000;
const VERBS: readonly string[] = ACTIONS.map(({ verb }) => verb);

/** What actions are called where some of them are named: RELAY is OK, and `550 text` is 5NN, as in access(5). */
export const ACTION_NAMES: readonly string[] = [...VERBS.filter((verb) => verb !== 'RELAY'), '4NN', '5NN'];

/** What the evaluator makes of an action, by its name; '' for restrictions, and for what is no action. */
export function actionName(written: string): string {
  const action = parseAction(written.trim());
  switch (action.kind) {
    case 'permit':
      return 'OK';
    case 'code':
      return action.code < 500 ? '4NN' : '5NN';
    case 'effect':
    case 'malformed':
      return action.verb;
    case 'list':
    case 'empty':
      return '';
    default:
      return action.kind.toUpperCase();
  }
}

export function isActionMistake(value: ParsedAction | ActionMistake): value is ActionMistake {
  return 'error' in value;
}

/**
 * @param classNames the restriction classes of the policies in force
 * @param guess finds the name that a misspelt one was meant for; it looks at all of them
 */
export function parseListAction(
  written: string,
  classNames: Iterable<string>,
  guess: typeof didYouMean = didYouMean,
): ParsedAction | ActionMistake {
  const text = written.trim();
  if (text.length > MAX_ACTION_LENGTH) {
    return { error: `the action is longer than ${MAX_ACTION_LENGTH} characters`, help: 'shorten its text' };
  }
  if (!isOneLine(text)) {
    return { error: `the action ${NOT_ONE_LINE}`, help: 'write it on one line' };
  }
  const verb = verbOf(text);
  const action = parseAction(text);
  switch (action.kind) {
    case 'empty':
      return { error: 'the action is empty', help: 'write one such as `REJECT`, `OK` or `DUNNO`' };
    case 'malformed':
      return {
        error: `${action.verb} needs ${action.expected}`,
        help: `write \`${action.verb} ${action.expected}\``,
      };
    case 'permit':
      if (!/^\d/.test(text)) return { text, verb };
      return {
        error: `${shown(text)}: a number alone permits`,
        help: /^[45]\d\d$/.test(text)
          ? `write ${shown(`${text} text`)} to refuse, \`OK\` to permit`
          : 'write `OK` to permit',
      };
    case 'list':
      return checkRestrictions(action.text, [...classNames], guess) ?? { text, verb: 'RESTRICTIONS' };
    default:
      return { text, verb };
  }
}

/** The verb of an action that is known to be one. */
export function verbOf(text: string): string {
  const word = /^\S+/.exec(text)?.[0].toUpperCase() ?? '';
  return VERBS.includes(word) || /^[45]\d\d$/.test(word) ? word : 'RESTRICTIONS';
}

function checkRestrictions(
  text: string,
  classNames: readonly string[],
  guess: typeof didYouMean,
): ActionMistake | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const restriction = findRestriction(word);
    if (restriction?.argument === 'table' || word.includes(':')) {
      return {
        error: `${shown(word)} needs a lookup table, which an action cannot bring along`,
        help: 'define a restriction class in the policy and name that instead',
      };
    }
    if (restriction !== undefined) {
      if (restriction.argument !== 'none') at += 1;
      if (at < words.length) continue;
      return { error: `${shown(word)} needs an argument`, help: 'write it after the name' };
    }
    if (classNames.includes(word)) continue;
    const meant = guess(word, [...VERBS, ...RESTRICTION_NAMES, ...classNames]);
    return {
      error: `${shown(word)} is no action, no restriction, and no class of a policy in force`,
      help:
        meant === undefined
          ? 'begin with an action such as `REJECT`, `OK` or `550 5.7.1 text`'
          : `did you mean \`${meant}\`?`,
    };
  }
  return undefined;
}
