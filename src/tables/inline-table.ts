/**
 * Tables whose content is their name: `inline:{key=value …}`, `static:value`,
 * `randmap:{value …}` and `fail:reason` (DATABASE_README, postconf(5)).
 */
import { isSpace, skipSpace } from '../language/white-space.ts';
import { insideBraces, splitWords, trim } from './braced-words.ts';
import { foldCase } from './fold-case.ts';
import { failingContent, type TableContent } from './table-content.ts';

/** What is wrong with a table's name, and what it should look like. */
export interface NameError {
  readonly error: string;
  readonly help: string;
}

export type NameParser = (name: string) => TableContent | NameError;

export const parseInline: NameParser = (name) => {
  const help =
    'write `inline:{key=value, …}`, and braces around a pair that contains white space: `inline:{ {key = a value} }`';
  const inside = insideBraces(name);
  if (inside === undefined) return { error: 'bad syntax', help };
  const entries = new Map<string, string>();
  for (const word of splitWords(inside)) {
    const braced = word.startsWith('{') ? insideBraces(word) : word;
    if (braced === undefined)
      return { error: `unbalanced braces, or text behind them, in \`${word}\``, help };
    const pair = splitPair(trim(braced));
    if (typeof pair === 'string') return { error: `${pair} in \`${word}\``, help };
    entries.set(foldCase(pair.key), pair.value);
  }
  if (entries.size === 0) return { error: 'empty table', help };
  return { lookup: (key) => entries.get(foldCase(key)) };
};

export const parseStatic: NameParser = (name) => {
  if (!name.startsWith('{')) return { lookup: () => name };
  const inside = insideBraces(name);
  if (inside === undefined)
    return { error: 'unbalanced braces, or text behind them', help: 'write `static:{a value}`' };
  const value = trim(inside);
  return { lookup: () => value };
};

export const parseRandom: NameParser = (name) => {
  const values = splitWords(insideBraces(name) ?? '');
  if (values.length === 0) return { error: 'bad syntax', help: 'write `randmap:{value, …}`' };
  return { lookup: () => values[Math.floor(Math.random() * values.length)] };
};

export const parseFail: NameParser = (name) => failingContent(name);

/** `key = value`, where the key may have quotes and backslashes; why not, as text. */
function splitPair(text: string): { key: string; value: string } | string {
  let end = 0;
  let isQuoted = false;
  for (; end < text.length; end++) {
    const char = text[end];
    if (char === '\\') end++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (char === '=' || isSpace(text.charCodeAt(end)))) break;
  }
  if (isQuoted) return 'unbalanced `"`';
  const equals = skipSpace(text, end);
  if (text[equals] !== '=') return 'missing `=` after the key';
  return { key: text.slice(0, end), value: text.slice(skipSpace(text, equals + 1)) };
}
