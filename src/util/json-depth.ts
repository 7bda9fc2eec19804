/**
 * How deep a JSON text nests. Looked at before it is parsed: whatever walks a
 * value that is nested without end runs out of stack.
 */

/** The deepest that the API takes has four levels. */
export const MAX_JSON_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{`; what closes them is two more. */
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** @param text JSON or not: of what is none the parser says so */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isQuoted) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) isQuoted = false;
    } else if (code === QUOTE) isQuoted = true;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return true;
    } else if (code === OPEN_BRACKET + 2 || code === OPEN_BRACE + 2) depth -= 1;
  }
  return false;
}
