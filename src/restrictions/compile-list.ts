/**
 * Compiles a restriction list: tokens in, a program out. Mistakes become
 * diagnostics and a step that answers `451 4.3.5`, which is what smtpd does
 * when it comes to them, so that what stands before them still decides.
 */
import { CONFIGURATION_ERROR, DUNNO, type Outcome } from '../engine/outcome.ts';
import type { ListName, Program, Step } from '../engine/step.ts';
import type { Token } from '../language/tokenizer.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { DEFAULT_ACCESS, findRestriction, RESTRICTION_NAMES } from './registry.ts';
import type { ArgumentKind, CompileContext, Restriction, RestrictionUse } from './restriction.ts';

export interface ListCompiler {
  readonly context: CompileContext;
  /** The compiled restriction class of that name (case-sensitive), if there is one. */
  classProgram(name: string, list: ListName): Program | undefined;
  readonly classNames: Iterable<string>;
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
      steps.push(classOrUnknown(token, list, compiler));
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
  return mistake(token);
}

function classOrUnknown(token: Token, list: ListName, compiler: ListCompiler): Step {
  const program = compiler.classProgram(token.text, list);
  if (program !== undefined) {
    const outcome: Outcome = { kind: 'evaluate', program, subject: undefined, ifPermit: 'permit' };
    return {
      restriction: token.text,
      text: token.text,
      span: token.span,
      check: () => outcome,
      nested: program,
    };
  }
  const suggestion = didYouMean(token.text, [...RESTRICTION_NAMES, ...compiler.classNames]);
  compiler.context.report({
    severity: 'error',
    code: 'unknown-restriction',
    message: `unknown smtpd restriction: \`${token.text}\``,
    span: token.span,
    help:
      suggestion === undefined
        ? 'a restriction class must be named in smtpd_restriction_classes'
        : `did you mean \`${suggestion}\`?`,
  });
  return mistake(token);
}

function compileOne(
  restriction: Restriction,
  token: Token,
  argument: Token | undefined,
  list: ListName,
  compiler: ListCompiler,
): Step {
  const { context } = compiler;
  const text = argument === undefined || argument === token ? token.text : `${token.text} ${argument.text}`;
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

function mistake(token: Token): Step {
  return {
    restriction: token.text,
    text: token.text,
    span: token.span,
    check: () => CONFIGURATION_ERROR,
  };
}
