/**
 * Tables that newaliases(1) makes of aliases(5) files: `name: value, …` instead
 * of postmap's lines. Which tables these are is said by alias_maps and
 * alias_database; the type alone does not tell.
 */
import { foldCase } from './fold-case.ts';
import { type ContentReader, LINES_PER_SLICE, MAX_LINE_LENGTH } from './table-content.ts';
import { TableLineReader } from './table-lines.ts';

/** A name, quoted or not, and what it stands for. */
const ENTRY = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"(),:;<>@%[\]\\]+))\s*:\s*(\S.*)$/s;

export const readAliasesFile: ContentReader = function* (source, report) {
  const entries = new Map<string, string>();
  const lines = new TableLineReader(source.text);
  let count = 0;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (++count % LINES_PER_SLICE === 0) yield;
    const { text, start, end, isOrphan } = line;
    const isReadable = !isOrphan && text.length <= MAX_LINE_LENGTH && !text.includes('\ufffd');
    const found = isReadable ? ENTRY.exec(text) : null;
    const flaw = (code: string, message: string, help: string): void =>
      report({ severity: 'warning', code, message, span: source.span(start, end), help });
    if (found === null) {
      const help =
        'write `name: value`, with a name of this machine, in UTF-8; quote it if it is no plain word';
      flaw('alias-syntax', 'not an entry of aliases(5); Postfix ignores it', help);
      continue;
    }
    const [, quoted, plain = '', value = ''] = found;
    const name = foldCase(quoted?.replace(/\\(.)/gs, '$1') ?? plain);
    if (entries.has(name)) {
      flaw('duplicate-key', `duplicate entry \`${name}\`; the first one counts`, 'remove one of the two');
    } else {
      entries.set(name, value.trimEnd());
    }
  }
  return { lookup: (key) => entries.get(foldCase(key)) };
};
