/** Where things end within a text of main.cf. Offsets in, offsets out; `end` bounds the search. */

/** The offset of the brace or parenthesis that closes the one at `open`, or -1. Only its own kind nests. */
export function closing(text: string, open: number, end: number): number {
  const opener = text[open];
  const closer = opener === '{' ? '}' : ')';
  let level = 0;
  for (let at = open; at < end; at++) {
    if (text[at] === opener) level++;
    else if (text[at] === closer && --level === 0) return at;
  }
  return -1;
}

/** The end of the parameter name at `start`: letters, digits and `_`. */
export function nameEnd(text: string, start: number, end: number): number {
  return runEnd(text, start, end, /[A-Za-z0-9_]/);
}

/** The end of the run of characters from `start` on that each match `character`. */
export function runEnd(text: string, start: number, end: number, character: RegExp): number {
  let at = start;
  while (at < end && character.test(text.charAt(at))) at++;
  return at;
}
