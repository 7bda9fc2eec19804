/**
 * Fields that an object of a JSON text has twice. JSON.parse keeps the last and
 * says nothing (RFC 8259 section 4 leaves it open): of what a request holds
 * nothing may be passed over.
 */

/** A string, or what opens, closes or parts. Nothing else matters in a text that JSON.parse has taken. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first field that is there twice; undefined: there is none.
 *
 * @param json a text that is JSON
 */
export function repeatedField(json: string): string | undefined {
  /** The fields so far of the objects around a place; undefined for an array. */
  const around: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{') around.push(new Set());
    else if (token === '[') around.push(undefined);
    else if (token === '}' || token === ']') around.pop();
    else if (token === ':') {
      const field = JSON.parse(last) as string;
      const fields = around.at(-1);
      if (fields?.has(field) === true) return field;
      fields?.add(field);
    }
    last = token;
  }
  return undefined;
}
