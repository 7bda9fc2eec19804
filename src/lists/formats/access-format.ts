/**
 * access(5) text. The format knows no comments that belong to an entry and no
 * expiry: both are written as remarks, which postmap(1) ignores and an import reads again.
 */
import type { ListEntry } from '../../store/list-records.ts';
import { keyEnd } from '../../tables/indexed-table.ts';
import { MAX_LINE_LENGTH } from '../../tables/table-content.ts';
import { formatTime, parseTime, TIME_EXAMPLE } from '../../util/rfc3339.ts';
import type { ImportedEntry, ImportedText, ImportMistake, ListFormat } from './list-format.ts';

const COMMENT = '#: ';
const EXPIRES = '#@ expires ';

export const ACCESS_FORMAT: ListFormat = {
  mediaType: 'text/plain',
  read: readAccess,
  heading: (list) =>
    `# Postward list ${list}, in the format of access(5).\n# Networks with a length (192.0.2.0/24) need a cidr: table in Postfix; all else any indexed one.\n`,
  write: (entries, nowMs) => entries.map((entry) => writeEntry(entry, nowMs)).join(''),
};

function writeEntry({ key, action, comment, expires }: ListEntry, nowMs: number): string {
  // A table cannot say that an entry is over; nor may its remarks fall to the entry that follows.
  if (expires !== null && expires <= nowMs) return `# expired ${formatTime(expires)}: ${key} ${action}\n`;
  const remarks = [
    comment === '' ? '' : `${COMMENT}${comment}\n`,
    expires === null ? '' : `${EXPIRES}${formatTime(expires)}\n`,
  ];
  return `${remarks.join('')}${key} ${action}\n`;
}

function readAccess(text: string): ImportedText {
  const reader = new AccessReader();
  for (const [at, line] of text.split(/\r?\n/).entries()) reader.read(line, at + 1);
  return reader.finish();
}

class AccessReader {
  readonly #entries: ImportedEntry[] = [];
  readonly #mistakes: ImportMistake[] = [];
  /** The line that is being continued. */
  #open: { line: number; text: string } | undefined;
  #comment = '';
  #expires: number | null = null;

  read(line: string, number: number): void {
    if (line.trim() === '') return;
    if (/^\s*#/.test(line)) {
      this.#readRemark(line, number);
      return;
    }
    if (!/^\s/.test(line)) {
      this.#end();
      this.#open = { line: number, text: line };
    } else if (this.#open === undefined) {
      this.#mistake(
        number,
        'line starts with white space, but there is no line it could continue',
        'remove it',
      );
    } else if (this.#open.text.length + line.length > MAX_LINE_LENGTH) {
      this.#mistake(number, 'line is too long', 'split it');
      this.#open = undefined;
    } else this.#open.text += line;
  }

  finish(): ImportedText {
    this.#end();
    return { entries: this.#entries, mistakes: this.#mistakes };
  }

  /** Those that an export wrote belong to the entry that follows; others to nobody. */
  #readRemark(line: string, number: number): void {
    if (!line.startsWith(COMMENT) && !line.startsWith(EXPIRES)) return;
    this.#end();
    if (line.startsWith(COMMENT)) this.#comment = line.slice(COMMENT.length).trim();
    else {
      const expires = parseTime(line.slice(EXPIRES.length).trim());
      if (expires === undefined)
        this.#mistake(number, 'the expiry is no time', `write \`${EXPIRES}${TIME_EXAMPLE}\``);
      else this.#expires = expires;
    }
  }

  #end(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const comment = this.#comment;
    const expires = this.#expires;
    this.#comment = '';
    this.#expires = null;
    const end = keyEnd(open.text);
    if (end < 0) {
      this.#mistake(
        open.line,
        'unbalanced `"`',
        'close the quoted key, or escape the quote with a backslash',
      );
      return;
    }
    const key = open.text.slice(0, end);
    const action = open.text.slice(end).trim();
    if (action === '') {
      this.#mistake(open.line, `entry \`${key}\` has no action`, 'write the key, white space and the action');
      return;
    }
    this.#entries.push({ line: open.line, key, action, comment, expires });
  }

  #mistake(line: number, message: string, help: string): void {
    this.#mistakes.push({ line, message, help });
  }
}
