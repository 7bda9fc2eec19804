/**
 * Mends what is wrong with a main.cf as text, before any line of it means
 * anything: `//` and `#` remarks amid lines, continuation lines that lost their white space, white
 * space before assignments that continue nothing, a byte order mark.
 *
 * Promises the same number of lines, so that places in the mended text are
 * places in the original one.
 */
import type { Diagnostic } from '../language/diagnostic.ts';
import { logicalLines } from '../language/logical-lines.ts';
import { type Assignment, parseMainCf } from '../language/main-cf.ts';
import { isLikelyContinuation } from '../language/main-cf-mistakes.ts';
import { quote } from '../language/quote.ts';
import { Source, type Span } from '../language/source.ts';
import type { SourcedText } from '../language/sourced-text.ts';
import { tokenize } from '../language/tokenizer.ts';
import type { ParameterKind } from '../policy/parameter-row.ts';
import { PARAMETER_BY_NAME } from '../policy/parameters.ts';
import { isPostfixParameter } from '../policy/postfix-parameters.ts';
import { Edits } from './edits.ts';
import type { Mend } from './mend.ts';
import { namesIn } from './mend-names.ts';

export interface MendedSource {
  readonly source: Source;
  readonly mends: readonly Mend[];
}

/** Each round can bring to light what the one before has hidden: a remark in a line that was none. */
const MAX_ROUNDS = 8;

const BYTE_ORDER_MARK = '\uFEFF';
/** White space at the start of a line, with a no-break space in it. */
const NO_BREAK_INDENT = /^[ \t]*\u00a0[ \t\u00a0]*/gm;

export function mendText(original: Source): MendedSource {
  let source = original;
  const mends: Mend[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const edits = new Edits();
    const found = mendsOf(source, edits);
    if (found.length === 0) break;
    mends.push(...found);
    source = new Source(source.file, edits.apply(source.span(0, source.text.length)));
  }
  return { source, mends };
}

function mendsOf(source: Source, edits: Edits): Mend[] {
  const mends: Mend[] = [];
  const mend = (span: Span, replacement: string, fault: string, cure: string) => {
    if (edits.replace(span, replacement)) mends.push({ span, fault, cure });
  };
  if (source.text.startsWith(BYTE_ORDER_MARK)) {
    mend(source.span(0, 1), '', 'a byte order mark, which Postfix takes as part of a name', 'taken out');
  }
  for (const { 0: space, index } of source.text.matchAll(NO_BREAK_INDENT)) {
    mend(
      source.span(index, index + space.length),
      ' '.repeat(space.length),
      'a no-break space (U+00A0) at the start of the line, which is no white space to Postfix',
      'written as a blank',
    );
  }
  const diagnostics: Diagnostic[] = [];
  const assignments = parseMainCf(source, (diagnostic) => diagnostics.push(diagnostic));
  for (const { code, severity, span } of diagnostics) {
    if (span === undefined) continue;
    const text = source.text.slice(span.start, span.end);
    if (code === 'slash-slash-remark' && severity === 'error') {
      mend(
        source.span(span.start, span.start + 2),
        '#',
        '`//` does not start a remark',
        'made a comment with `#`',
      );
    } else if (code === 'slash-slash-remark') {
      mend(span, '', `\`//\` does not start a remark: ${quote(text)} is part of the value`, 'taken out');
    } else if (code === 'leading-white-space') {
      for (const blanks of blanksBeforeAssignments(source, span.start)) {
        const { line } = source.position(blanks.start);
        mend(blanks, '', `white space before line ${line}, which Postfix skips for it`, 'taken out');
      }
    }
  }
  for (const span of remarksInLists(assignments)) {
    const text = source.text.slice(span.start, span.end);
    mend(
      span,
      '',
      `\`#\` does not start a remark amid a line: ${quote(text)} is part of the value`,
      'taken out',
    );
  }
  for (const line of lostContinuations(source, diagnostics)) {
    const { start } = line.span();
    const word = /^\S+/.exec(line.text)?.[0] ?? '';
    mend(
      source.span(start, start),
      '    ',
      `${quote(word)} and what follows it do not continue the line above: the white space before it was lost`,
      'put back',
    );
  }
  return mends;
}

const LIST_KINDS: readonly (ParameterKind | undefined)[] = [
  'restrictions',
  'words',
  'networks',
  'domains',
  'strings',
  'tables',
];

/** `permit_mynetworks, # our own`, to the end of its line. */
function* remarksInLists(assignments: readonly Assignment[]): Generator<Span> {
  const lists = listNames(assignments);
  for (const { name, value } of assignments) {
    if (!lists.has(name)) continue;
    for (const { text, span } of tokenize(value, () => {})) {
      if (!text.startsWith('#')) continue;
      const { source, start } = span;
      const line = source.text.slice(start, value.span().end).split('\n', 1)[0] ?? '';
      yield source.span(start, start + line.trimEnd().length);
    }
  }
}

/** Parameters that hold lists, restriction classes, and what these refer to. */
function listNames(assignments: readonly Assignment[]): ReadonlySet<string> {
  const lists = new Set(
    assignments
      .map(({ name }) => name)
      .filter((name) => LIST_KINDS.includes(PARAMETER_BY_NAME.get(name)?.kind)),
  );
  for (const list of lists) {
    for (const { name, value } of assignments) {
      if (name !== list) continue;
      for (const other of namesIn(value.text)) lists.add(other);
      if (name !== 'smtpd_restriction_classes') continue;
      for (const { text } of tokenize(value, () => {})) lists.add(text);
    }
  }
  return lists;
}

/** What stands before an `=`, as parameters are called. */
const ASSIGNMENT = /^([ \t]*)([A-Za-z0-9_]+)[ \t]*=/;

/**
 * Of the first logical line, which Postfix skips, the blanks before each line
 * that sets something: a file that was pasted with all its lines indented is
 * one such line. None when it does not start with an assignment: it is a remark,
 * perhaps, and harms nobody.
 */
function* blanksBeforeAssignments(source: Source, firstCharacter: number): Generator<Span> {
  const { text } = source;
  const isContinued = (at: number) => at < text.length && /[\s#]/.test(text.charAt(at));
  const first = firstCharacter - (source.position(firstCharacter).column - 1);
  let indent = '';
  for (let start = first; start === first || isContinued(start); ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const [, blanks = '', name] = ASSIGNMENT.exec(text.slice(start, end)) ?? [];
    if (start === first && name === undefined) return;
    if (start === first) indent = blanks;
    const isSet = name !== undefined && (blanks.length <= indent.length || isParameter(name));
    if (isSet && blanks !== '') yield source.span(start, start + blanks.length);
    start = end + 1;
  }
}

function isParameter(name: string): boolean {
  return PARAMETER_BY_NAME.has(name) || isPostfixParameter(name);
}

/** False of what is one word or number: another line would only spoil it. */
function mayGoOn(line: SourcedText | undefined): boolean {
  const name = /^[^\s=]+/.exec(line?.text ?? '')?.[0] ?? '';
  const kind = PARAMETER_BY_NAME.get(name)?.kind;
  return kind === undefined || kind === 'template' || LIST_KINDS.includes(kind);
}

function* lostContinuations(source: Source, diagnostics: readonly Diagnostic[]): Generator<SourcedText> {
  const starts = new Set(
    diagnostics.filter(({ code }) => code === 'missing-equals').map(({ span }) => span?.start),
  );
  let lineBefore: SourcedText | undefined;
  for (const line of logicalLines(source, () => {})) {
    const isLost =
      starts.has(line.span().start) && isLikelyContinuation(line, lineBefore) && mayGoOn(lineBefore);
    if (isLost && lineBefore !== undefined) yield line;
    lineBefore = line;
  }
}
