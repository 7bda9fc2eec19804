/**
 * Fields that an object of a JSON text has twice. JSON.parse keeps the last and
 * says nothing (RFC 8259 section 4 leaves it open): of what a request holds
 * nothing may be passed over.
 */

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The first field that is there twice; undefined: there is none.
 *
 * @param json a text that is JSON, and not too deep (json-depth.ts)
 */
export function repeatedField(json: string): string | undefined {
  /** The fields of the objects around a place so far; used again for the next object of that depth. */
  const fields: Set<string>[] = [];
  let depth = 0;
  let start = 0;
  let end = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      start = at;
      at = closingQuote(json, at + 1);
      end = at + 1;
    } else if (code === OPEN_BRACE) {
      fields[depth]?.clear();
      depth += 1;
    } else if (code === CLOSE_BRACE) depth -= 1;
    else if (code === COLON) {
      const text = json.slice(start, end);
      const field = text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
      fields[depth - 1] ??= new Set();
      const seen = fields[depth - 1];
      if (seen?.has(field) === true) return field;
      seen?.add(field);
    }
  }
  return undefined;
}

/** @param from behind the quote that opens */
function closingQuote(json: string, from: number): number {
  for (let at = json.indexOf('"', from); ; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
}
