/** Makes a case that shows something smaller, line by line, as long as it still shows it. */

/** Lines that a case cannot do without. */
const KEPT = /^(?:==|about:|$)/;
/** Postfix must start, and answer each try: this bounds the time to some minutes. */
const MOST_TRIES = 250;

/** @param shows whether a text still shows what the whole one does; never throws */
export async function shrink(text: string, shows: (text: string) => Promise<boolean>): Promise<string> {
  let lines = text.split('\n');
  let tries = 0;
  for (let size = Math.ceil(lines.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = lines.length - size; at > -size && tries < MOST_TRIES; at -= size) {
      const [from, to] = [Math.max(0, at), at + size];
      const candidate = lines.filter((line, index) => index < from || index >= to || KEPT.test(line));
      if (candidate.length === lines.length || isHeadless(candidate)) continue;
      tries += 1;
      if (await shows(candidate.join('\n'))) lines = candidate;
    }
  }
  return withoutEmptySections(lines).join('\n');
}

/** True when the first line of main.cf would continue another file's. */
function isHeadless(lines: readonly string[]): boolean {
  return /^\s/.test(lines[lines.indexOf('== main.cf') + 1] ?? '');
}

function withoutEmptySections(lines: readonly string[]): string[] {
  return lines.filter(
    (line, index) =>
      !line.startsWith('==') || !/^(?:==.*)?$/.test(lines[index + 1] ?? '') || /== main/.test(line),
  );
}
