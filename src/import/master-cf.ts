/**
 * The smtpd services of a master.cf and the parameters that each sets with
 * `-o name=value` or `-o { name = value }` (master(5)). Everything else in the
 * file is passed over.
 */
import type { Report } from '../language/diagnostic.ts';
import { logicalLines } from '../language/logical-lines.ts';
import type { Assignment } from '../language/main-cf.ts';
import { quote } from '../language/quote.ts';
import { closing } from '../language/scan.ts';
import type { Source, Span } from '../language/source.ts';
import type { SourcedText } from '../language/sourced-text.ts';
import { isSpace, skipSpace, trimEnd } from '../language/white-space.ts';

export interface SmtpdService {
  /** As in the file: `localhost:10025`, `submission`. */
  readonly name: string;
  readonly type: string;
  readonly nameSpan: Span;
  /** The fifth column is `y`. `-` is what Postfix 3.0 and later take for `n`. */
  readonly isChrooted: boolean;
  readonly options: readonly Assignment[];
}

/** Service, type, private, unprivileged, chroot, wakeup, process limit; then comes the command. */
const FIELDS_BEFORE_COMMAND = 7;
const CHROOT_FIELD = 4;

export function parseMasterCf(source: Source, report: Report): SmtpdService[] {
  const services: SmtpdService[] = [];
  for (const line of logicalLines(source, report)) {
    const words = splitWords(line);
    const [name, type] = words;
    const command = words[FIELDS_BEFORE_COMMAND];
    if (name === undefined || type === undefined || command === undefined) {
      report({
        severity: 'warning',
        code: 'master-cf-syntax',
        message: `a service needs ${FIELDS_BEFORE_COMMAND + 1} fields; this line has ${words.length}`,
        span: line.span(),
        help: 'start a line that continues another with white space',
      });
      continue;
    }
    if (command.text.split('/').at(-1) !== 'smtpd') continue;
    const options = readOptions(words.slice(FIELDS_BEFORE_COMMAND + 1), report);
    services.push({
      name: name.text,
      type: type.text,
      nameSpan: name.span(),
      isChrooted: words[CHROOT_FIELD]?.text === 'y',
      options,
    });
  }
  return services;
}

function readOptions(words: readonly SourcedText[], report: Report): Assignment[] {
  const options: Assignment[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === undefined || !word.text.startsWith('-o')) continue;
    const setting = word.text.length > 2 ? word.slice(2) : words[++i];
    const option = setting === undefined ? undefined : assignmentOf(setting);
    if (option !== undefined) options.push(option);
    else {
      report({
        severity: 'warning',
        code: 'master-cf-syntax',
        message: `\`-o\` needs name=value${setting === undefined ? '' : `, not ${quote(setting.text)}`}`,
        span: word.span(),
        help: 'write `-o name=value` without white space, or `-o { name = value }`',
      });
    }
  }
  return options;
}

function assignmentOf(setting: SourcedText): Assignment | undefined {
  const inner = setting.text.startsWith('{') ? insideBraces(setting) : setting;
  const equals = inner.text.indexOf('=');
  const nameEnd = trimEnd(inner.text, 0, Math.max(equals, 0));
  if (nameEnd === 0) return undefined;
  const valueStart = skipSpace(inner.text, equals + 1);
  return {
    name: inner.text.slice(0, nameEnd),
    nameSpan: inner.span(0, nameEnd),
    value: inner.slice(valueStart, trimEnd(inner.text, valueStart)),
    span: inner.span(),
  };
}

function insideBraces(text: SourcedText): SourcedText {
  const close = closing(text.text, 0, text.text.length);
  const end = close < 0 ? text.text.length : close;
  return text.slice(skipSpace(text.text, 1, end), end);
}

/** Parted by white space; braces hold together what is in them when a word starts with one. */
function splitWords(line: SourcedText): SourcedText[] {
  const { text } = line;
  const words: SourcedText[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const start = at;
    const close = text[at] === '{' ? closing(text, at, text.length) : -1;
    at = close < 0 ? at : close + 1;
    while (at < text.length && !isSpace(text.charCodeAt(at))) at++;
    words.push(line.slice(start, at));
  }
  return words;
}
