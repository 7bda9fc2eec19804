/**
 * access(5) text. The format knows no comments that belong to an entry and no
 * expiry: both are written as remarks, which postmap(1) ignores and an import reads again.
 * Nor can a line begin with every key that a list may have; an entry with such
 * a key is written as a remark that nobody reads.
 */
import { isSpace } from '../../language/white-space.ts';
import type { ListEntry } from '../../store/list-records.ts';
import { keyEnd } from '../../tables/indexed-table.ts';
import { MAX_LINE_LENGTH } from '../../tables/table-content.ts';
import { formatTime, parseTime, TIME_EXAMPLE } from '../../util/rfc3339.ts';
import { shown } from '../shown.ts';
import { hasExpired } from './has-expired.ts';
import type { ImportedEntry, ImportedText, ImportMistake, ListFormat } from './list-format.ts';

const COMMENT = '#: ';
const EXPIRES = '#@ expires ';
const LEFT_OUT = '# left out, for no table can have this key: ';

/** White space is the C library's, as for postmap(1): a key may begin with another. */
const REMARK = /^[ \t\r\v\f]*#/;
const BLANK = /^[ \t\r\v\f]*$/;

export const ACCESS_FORMAT: ListFormat = {
  mediaType: 'text/plain',
  read: readAccess,
  heading: (list) =>
    `# Postward list ${list}, in the format of access(5).\n# Networks with a length (192.0.2.0/24) need a cidr: table in Postfix; all else any indexed one.\n`,
  write: (entries, nowMs) => entries.map((entry) => writeEntry(entry, nowMs)).join(''),
  canWrite,
  ending: (leftOut) =>
    leftOut === 0
      ? ''
      : `# ${leftOut} ${leftOut === 1 ? 'entry is' : 'entries are'} left out, each where it would have been. CSV and NDJSON have all.\n`,
};

/** How many entries an export of ours could not write. */
export function countLeftOut(text: string): number {
  return text.split('\n').filter((line) => line.startsWith(LEFT_OUT)).length;
}

/** Else postmap(1) would take the line for a remark, or find another end of the key, or none. */
function canWrite({ key }: Pick<ListEntry, 'key'>): boolean {
  return !key.startsWith('#') && !isSpace(key.charCodeAt(0)) && keyEnd(`${key} x`) === key.length;
}

function writeEntry(entry: ListEntry, nowMs: number): string {
  const { key, action, comment, expires } = entry;
  // A table cannot say that an entry is over; nor may its remarks fall to the entry that follows.
  if (hasExpired(entry, nowMs)) return `# expired ${formatTime(expires ?? 0)}: ${key} ${action}\n`;
  if (!canWrite(entry)) return `${LEFT_OUT}${key} ${action}\n`;
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
    if (BLANK.test(line)) return;
    if (REMARK.test(line)) {
      this.#readRemark(line, number);
      return;
    }
    if (!isSpace(line.charCodeAt(0))) {
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

  /**
   * Those that an export wrote belong to the entry that follows; others to nobody. Between the two stands
   * nothing else: an entry that somebody has made a remark of takes its own remarks with it.
   */
  #readRemark(line: string, number: number): void {
    if (!line.startsWith(COMMENT) && !line.startsWith(EXPIRES)) {
      if (this.#open === undefined) this.#forgetRemarks();
      return;
    }
    this.#end();
    const isComment = line.startsWith(COMMENT);
    if (isComment ? this.#comment !== '' : this.#expires !== null) {
      const message = `the entry that follows has ${isComment ? 'a comment' : 'an expiry'} already`;
      this.#mistake(number, message, 'keep the one that is its own');
    } else if (isComment) this.#comment = line.slice(COMMENT.length);
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
    this.#forgetRemarks();
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
      this.#mistake(
        open.line,
        `entry ${shown(key)} has no action`,
        'write the key, white space and the action',
      );
      return;
    }
    this.#entries.push({ line: open.line, key, action, comment, expires });
  }

  #forgetRemarks(): void {
    this.#comment = '';
    this.#expires = null;
  }

  #mistake(line: number, message: string, help: string): void {
    this.#mistakes.push({ line, message, help });
  }
}
