/**
 * The words in the name of a table that is written out in place, such as
 * `inline:{ {a = b c}, d=e }`: separated by white space or commas, with braces
 * around what belongs together (Postfix's balpar, extpar and mystrtokq).
 */
import { isBlank, skipSpace, trimEnd } from '../language/white-space.ts';

/** What is inside the braces when they hold the whole text; undefined otherwise. */
export function insideBraces(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') level++;
    else if (text[at] === '}' && --level === 0) {
      return at === text.length - 1 ? text.slice(1, at) : undefined;
    }
  }
  return undefined;
}

export function splitWords(text: string): string[] {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSeparator(text.charCodeAt(at))) at++;
    if (at === text.length) return words;
    const start = at;
    let level = 0;
    for (; at < text.length; at++) {
      if (text[at] === '{') level++;
      else if (level > 0 && text[at] === '}') level--;
      else if (level === 0 && isSeparator(text.charCodeAt(at))) break;
    }
    words.push(text.slice(start, at));
  }
}

/** Without the white space around it. */
export function trim(text: string): string {
  const end = trimEnd(text, 0);
  return text.slice(skipSpace(text, 0, end), end);
}

function isSeparator(code: number): boolean {
  return code === 0x2c || isBlank(code);
}
