/**
 * Where a value of main.cf names files: lookup tables (`hash:/etc/postfix/access`)
 * and, in match lists such as mynetworks, files of entries (`/etc/postfix/networks`).
 *
 * Looks at the value as it is written, so that a name can be replaced in place;
 * a path made of `$name`s is told expanded. Opens nothing.
 */
import type { Assignment } from '../language/main-cf.ts';
import { closing } from '../language/scan.ts';
import type { Span } from '../language/source.ts';
import { findTableType } from '../tables/registry.ts';

export interface FileReference {
  /** The path alone, as written. */
  readonly span: Span;
  /** Absolute. */
  readonly path: string;
}

export interface ReferenceContext {
  /** The value is a match list, in which a word that starts with `/` is a file. */
  readonly isMatchList: boolean;
  /** Replaces `$name` and its relatives. */
  readonly expand: (text: string) => string;
}

/** Types whose name is a file that says where the data is. */
const CLIENT_TYPES: readonly string[] = ['mysql', 'pgsql', 'sqlite', 'ldap', 'memcache', 'mongodb'];

const NAME = String.raw`\$\w+|\$\{\w+\}|\$\(\w+\)`;
const TABLE = new RegExp(String.raw`(?<![\w$])(\w+|${NAME}):((?:${NAME}|[^\s,{}$:])+)`, 'g');
const WORD = /[^\s,]+/g;
/** Not `${name:{`, which may have files in it. */
const WRITTEN_OUT = /(?<![\w${(])\w+:\{/g;
const NAME_ALONE = new RegExp(`^(?:${NAME})$`);

export function* fileReferences(
  { value }: Assignment,
  { isMatchList, expand }: ReferenceContext,
): Generator<FileReference> {
  const { text } = value;
  TABLE.lastIndex = 0;
  for (let found = TABLE.exec(text); found !== null; found = TABLE.exec(text)) {
    const [whole, type = '', name = ''] = found;
    const start = found.index + whole.length - name.length;
    const path = isFileType(expand(type)) ? expand(name) : '';
    if (path.startsWith('/')) yield { span: value.span(start, start + name.length), path };
    // `${empty:hash:/etc/postfix/access}`: what follows the colon may be the table.
    else TABLE.lastIndex = start;
  }
  if (!isMatchList) return;
  for (const { 0: word, index } of withoutRules(text).matchAll(WORD)) {
    const written = word.replace(/^!+/, '');
    // `$name` alone: the files stand where that is set. A colon: a table, or an address.
    if (NAME_ALONE.test(written) || written.includes(':')) continue;
    const path = expand(written);
    const start = index + word.length - written.length;
    if (path.startsWith('/')) yield { span: value.span(start, start + written.length), path };
  }
}

/** A table that is written out (`pcre:{ { /^10/ x } }`) becomes one word, in which no `/` begins a file. */
function withoutRules(text: string): string {
  let rest = text;
  for (const { 0: found, index } of text.matchAll(WRITTEN_OUT)) {
    const open = index + found.length - 1;
    const end = closing(text, open, text.length);
    if (end > open) rest = rest.slice(0, open) + '_'.repeat(end + 1 - open) + rest.slice(end + 1);
  }
  return rest;
}

function isFileType(type: string): boolean {
  return findTableType(type)?.source === 'file' || CLIENT_TYPES.includes(type);
}
