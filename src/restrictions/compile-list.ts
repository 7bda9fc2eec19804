/**
 * Compiles a restriction list: tokens in, a program out. Mistakes become
 * diagnostics and a step that answers `451 4.3.5`, which is what smtpd does
 * when it comes to them, so that what stands before them still decides.
 */
import { basename } from 'node:path';
import { CONFIGURATION_ERROR, DUNNO, type Outcome } from '../engine/outcome.ts';
import type { ListName, Program, Step } from '../engine/step.ts';
import { quote } from '../language/quote.ts';
import type { Span } from '../language/source.ts';
import { areNeighbours, type Token } from '../language/tokenizer.ts';
import { OTHER_WORDS } from './other-words.ts';
import { DEFAULT_ACCESS, findRestriction, RESTRICTIONS } from './registry.ts';
import type { ArgumentKind, CompileContext, Restriction, RestrictionUse } from './restriction.ts';

export interface ListCompiler {
  readonly context: CompileContext;
  /** The compiled restriction class of that name (case-sensitive), if there is one; `span` is where it is used. */
  classProgram(name: string, list: ListName, span: Span): Program | undefined;
  /** The restriction or class that a misspelt word was probably meant for. */
  meant(word: string): string | undefined;
}

/** What an argument must look like, in Postfix's words. */
const ARGUMENT_FORMS: Readonly<Record<ArgumentKind, string>> = {
  none: '',
  table: 'type:name, such as hash:/etc/postfix/access',
  dnsbl: 'a domain, such as zen.spamhaus.org',
  number: 'a number of seconds',
  service: 'inet:host:port, unix:path or { … }',
};

export function compileList(tokens: readonly Token[], list: ListName, compiler: ListCompiler): Program {
  const steps: Step[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined) break;
    const bare = token.text.includes(':') ? bareTable(token, list, compiler) : undefined;
    if (bare !== undefined) {
      steps.push(bare);
      continue;
    }
    const restriction = findRestriction(token.text);
    if (restriction === undefined) {
      const program = compiler.classProgram(token.text, list, token.span);
      if (program !== undefined) {
        steps.push(classStep(token, program));
        continue;
      }
      const run = unknownRun(tokens, i, list, compiler);
      reportUnknown(run, takerOf(tokens, i, run.length), compiler);
      steps.push(...run.map((word) => mistake(compiler.context.mask.text(word.text), word.span)));
      i += run.length - 1;
      continue;
    }
    const argument = restriction.argument === 'none' ? undefined : tokens[i + 1];
    if (argument !== undefined) i += 1;
    steps.push(compileOne(restriction, token, argument, list, compiler));
  }
  return { steps };
}

/** A table where a restriction is expected stands for the list's own check_*_access. */
function bareTable(token: Token, list: ListName, compiler: ListCompiler): Step {
  const name = DEFAULT_ACCESS[list];
  const restriction = name === undefined ? undefined : findRestriction(name);
  if (restriction !== undefined) return compileOne(restriction, token, token, list, compiler);
  compiler.context.report({
    severity: 'error',
    code: 'bare-table',
    message: `the ${list} list has no access check of its own for \`${token.text}\``,
    span: token.span,
    help: 'write check_client_access, check_helo_access, check_sender_access or check_recipient_access before it',
  });
  return mistake(token.text, token.span);
}

function classStep({ text, span }: Token, program: Program): Step {
  const outcome: Outcome = { kind: 'evaluate', program, subject: undefined, ifPermit: 'permit' };
  return { restriction: text, text, span, check: () => outcome, nested: program };
}

/**
 * An unknown word with what belongs to it: the words of a remark are one
 * mistake, and so are a misspelt name and its argument.
 */
function unknownRun(
  tokens: readonly Token[],
  start: number,
  list: ListName,
  compiler: ListCompiler,
): readonly Token[] {
  const isKnown = ({ text, span }: Token) =>
    text.includes(':') ||
    findRestriction(text) !== undefined ||
    compiler.classProgram(text, list, span) !== undefined;
  const meant = suggestionFor(tokens[start], compiler);
  const takesArgument = findRestriction(meant ?? '')?.argument !== 'none';
  const most = meant === undefined ? tokens.length : start + (takesArgument ? 2 : 1);
  let end = start + 1;
  for (; end < most; end++) {
    const token = tokens[end];
    if (token === undefined || !areNeighbours(tokens[end - 1], token) || isKnown(token)) break;
    if (suggestionFor(token, compiler) !== undefined) break;
  }
  return tokens.slice(start, end);
}

function suggestionFor(token: Token | undefined, compiler: ListCompiler): string | undefined {
  return token && compiler.meant(token.text);
}

const DOMAIN = /^[^:/]+\.[^:/]+$/;
const ADDRESS = /^\d+(?:\.\d+){3}$/;

/** The restriction whose DNS list stands before words that can only be more of them: `reject_rbl_client a.example, b.example`. */
function takerOf(tokens: readonly Token[], at: number, length: number): Token | undefined {
  if (!tokens.slice(at, at + length).every(({ text }) => DOMAIN.test(text) && !ADDRESS.test(text)))
    return undefined;
  const before = tokens.slice(0, at).findLastIndex(({ text }) => !DOMAIN.test(text));
  const taker = before < at - 1 ? tokens[before] : undefined;
  return findRestriction(taker?.text ?? '')?.argument === 'dnsbl' ? taker : undefined;
}

function reportUnknown(run: readonly Token[], taker: Token | undefined, compiler: ListCompiler): void {
  const first = run[0];
  if (first === undefined) return;
  const suggestion = suggestionFor(first, compiler);
  const end = (suggestion === undefined ? run.at(-1) : first)?.span.end ?? first.span.end;
  const words = run.map(({ text }) => text).join(' ');
  compiler.context.report({
    severity: 'error',
    code: 'unknown-restriction',
    message: `unknown smtpd restriction: ${quote(suggestion === undefined ? words : first.text)}`,
    span: { ...first.span, end },
    help:
      taker !== undefined
        ? `${taker.text} takes one DNS list: write ${run.map(({ text }) => `\`${taker.text} ${text}\``).join(' and ')}`
        : suggestion === undefined
          ? (helpFor(words) ?? 'a restriction class must be named in smtpd_restriction_classes')
          : `did you mean \`${suggestion}\`?`,
  });
}

/** Beyond this many names that begin so, nobody knows which was meant. */
const MOST_ENDINGS = 5;

/** What to write for a word of another program, or the beginning of several names. */
function helpFor(word: string): string | undefined {
  const other = OTHER_WORDS.get(word.toLowerCase());
  if (other !== undefined) return `did you mean \`${other}\`?`;
  if (/^\\+$/.test(word))
    return 'remove the backslash: a line that starts with white space continues the one before it';
  if (word.includes('\u00a0'))
    return 'a blank in it is a no-break space (U+00A0), which is none to Postfix: write a blank in its place';
  if (ADDRESS.test(word))
    return 'a filter of a DNS list has several values in brackets, such as `=127.0.0.[2;4..11]`';
  const longer = RESTRICTIONS.flatMap(({ name }) =>
    name.startsWith(`${word.toLowerCase()}_`) ? [name] : [],
  );
  if (longer.length === 0 || longer.length > MOST_ENDINGS) return undefined;
  return `did you mean ${longer.map((name) => `\`${name}\``).join(' or ')}?`;
}

function compileOne(
  restriction: Restriction,
  token: Token,
  argument: Token | undefined,
  list: ListName,
  compiler: ListCompiler,
): Step {
  const { context } = compiler;
  const text =
    argument === undefined || argument === token
      ? token.text
      : `${token.text} ${restriction.argument === 'dnsbl' ? context.mask.text(argument.text) : argument.text}`;
  const place = { restriction: restriction.name, text, span: token.span };

  const problem = argumentProblem(restriction, argument);
  if (problem !== undefined) {
    const isIgnored = restriction.argument === 'dnsbl';
    context.report({
      severity: isIgnored ? 'warning' : 'error',
      code: 'bad-argument',
      message: `${token.text} ${problem}`,
      span: argument?.span ?? token.span,
      help: `write ${restriction.name} and then ${ARGUMENT_FORMS[restriction.argument]}`,
    });
    return { ...place, check: () => (isIgnored ? DUNNO : CONFIGURATION_ERROR) };
  }
  if (restriction.support.level === 'undecidable') {
    context.report({
      severity: 'warning',
      code: 'undecidable-restriction',
      message: `\`${token.text}\` cannot be decided by a policy server: ${restriction.support.reason}`,
      span: token.span,
      help: restriction.support.help,
    });
  }
  if (restriction.isOurs === true && basename(token.span.source.file) === 'main.cf') {
    context.report({
      severity: 'warning',
      code: 'own-restriction-in-main-cf',
      message: `Postfix does not know \`${token.text}\`, which is Postward's own`,
      span: token.span,
      help: 'if Postfix reads this file too, it answers 451 to all mail: keep the restriction in a policy file of its own',
    });
  }
  const use: RestrictionUse = {
    restriction,
    text,
    argument: argument?.text ?? '',
    span: argument?.span ?? token.span,
    list,
  };
  return { ...place, ...restriction.compile(use, context) };
}

/** What is wrong with an argument, in a few words; undefined: nothing. */
function argumentProblem(restriction: Restriction, argument: Token | undefined): string | undefined {
  if (restriction.argument === 'none') return undefined;
  if (argument === undefined) return 'has no argument';
  switch (restriction.argument) {
    case 'table':
    case 'service':
      return argument.text.includes(':') ? undefined : `has a bad argument: \`${argument.text}\``;
    case 'number':
      return /^\d+$/.test(argument.text) ? undefined : `has a bad argument: \`${argument.text}\``;
    case 'dnsbl':
      return undefined;
  }
}

/** @param text the words that are wrong, as logs and metrics show them */
function mistake(text: string, span: Span | undefined): Step {
  return { restriction: text, text, span, check: () => CONFIGURATION_ERROR };
}

/** A list that could not be read: it refuses for now, as smtpd would, which does not even start with it. */
export function brokenList(text: string, span: Span | undefined): Program {
  return { steps: [mistake(text, span)] };
}
