/** What a policy may cost while it is loaded: counted, so that no machine is too fast for it. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIGURATION_ERROR } from '../../src/engine/outcome.ts';
import type { Program } from '../../src/engine/step.ts';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { FILE_LIMITS, WORD_WORK, WorkBudget, type WorkLimits } from '../../src/language/work-budget.ts';
import { CANDIDATE_LIMITS } from '../../src/snapshot/candidate.ts';
import { compileMainCf } from '../support/compiled-policy.ts';

const LISTS = ['client', 'helo', 'sender', 'relay', 'recipient', 'data', 'end_of_data', 'etrn'];

const load = (text: string, limits: WorkLimits = CANDIDATE_LIMITS) => compileMainCf(text, { limits });

/** Steps that were made, those of a class once. */
function stepsOf(programs: Iterable<Program>, seen = new Set<Program>()): number {
  let steps = 0;
  for (const program of programs) {
    if (seen.has(program)) continue;
    seen.add(program);
    steps += program.steps.length;
    steps += stepsOf(
      program.steps.flatMap(({ nested }) => nested ?? []),
      seen,
    );
  }
  return steps;
}

/** Values that hold the one before ten times. */
function tenfold(word: string, levels: number): string {
  const lines = Array.from({ length: levels }, (_, i) => `a${i + 1} = ${`$a${i} `.repeat(10)}\n`);
  return `a0 = ${word}\n${lines.join('')}`;
}

const inAllLists = (value: string) => LISTS.map((list) => `smtpd_${list}_restrictions = ${value}\n`).join('');

const HOSTILE: Readonly<Record<string, string>> = {
  'eight lists of 20,000 restrictions': `${tenfold('reject_unknown_client_hostname,', 4)}b = $a4 $a4\n${inAllLists('$b')}`,
  'ten to the eleventh restrictions': `${tenfold('reject,', 11)}smtpd_client_restrictions = $a11\n`,
  'nothing, ten to the fortieth times': `${tenfold('', 40)}${inAllLists('$a40 permit')}`,
  'networks without end': `${tenfold('10.0.0.0/8,', 5)}mynetworks = $a5\nrelay_domains = $a5\n`,
  'a class of 5,000 in all lists': `smtpd_restriction_classes = c\nc = ${'reject,'.repeat(5000)}\n${inAllLists('c')}`,
  'a list as long as a text can be': `smtpd_client_restrictions = ${'reject,'.repeat(37_000)}\n`,
  'lines without end': Array.from({ length: 20_000 }, (_, i) => `p${i} = 1\n`).join(''),
};

describe.each(Object.entries(HOSTILE))('a candidate with %s', (_name, text) => {
  test('is told to be too large, once, and where', () => {
    const { diagnostics } = load(text);
    const found = diagnostics.filter(({ code }) => code === 'policy-too-large');
    expect(found).toMatchObject([
      {
        severity: 'error',
        message: expect.stringMatching(/^with `[^`]{1,61}` the values of the policy add up/),
      },
    ]);
    const { span } = found[0] as Diagnostic;
    expect(span?.source.text.slice(span.start, span.end)).not.toBe('');
  });

  test('costs no more than a candidate may', () => {
    const { policy, work } = load(text);
    expect(work).toBeLessThanOrEqual(CANDIDATE_LIMITS.work);
    expect(stepsOf(policy.programs.values())).toBeLessThan(CANDIDATE_LIMITS.work / WORD_WORK);
  });
});

test('a list that there was no room for refuses for now', () => {
  const { policy } = load(HOSTILE['a list as long as a text can be'] ?? '');
  const [step, ...more] = policy.programs.get('client')?.steps ?? [];
  expect(more).toEqual([]);
  expect(step?.check({} as never)).toBe(CONFIGURATION_ERROR);
});

test('names that nobody has are guessed at only so often', () => {
  const words = Array.from({ length: 1000 }, (_, i) => `rejct_${i} permit`).join(' ');
  const { diagnostics, work } = load(`smtpd_client_restrictions = ${words}\n`);
  expect(work).toBeLessThan(CANDIDATE_LIMITS.work);
  const guessed = diagnostics.filter(({ help }) => help?.startsWith('did you mean') === true);
  expect(guessed.length).toBeLessThan(CANDIDATE_LIMITS.guesses / 50);
  const told = diagnostics.filter(({ code }) => code === 'unknown-restriction');
  expect(told.length).toBe(1000);
  expect(load('smtpd_client_restrictions = permt\n').diagnostics).toContainEqual(
    expect.objectContaining({ help: 'did you mean `permit`?' }),
  );
});

test('no policy of the examples and tests comes near the limit of a candidate', () => {
  const root = join(import.meta.dirname, '../..');
  const files = globSync('{policies/*.cf,test/**/{main,policy}.cf}', { cwd: root }).filter((file) =>
    statSync(join(root, file)).isFile(),
  );
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const { diagnostics, work } = load(readFileSync(join(root, file), 'utf8'));
    expect(diagnostics.map(({ code }) => code)).not.toContain('policy-too-large');
    expect(work).toBeLessThan(CANDIDATE_LIMITS.work / 50);
  }
});

test('a file may cost what a candidate may not', () => {
  const text = HOSTILE['eight lists of 20,000 restrictions']?.replaceAll('$a4 $a4', '$a3 $a3') ?? '';
  expect(load(text).diagnostics.map(({ code }) => code)).toContain('policy-too-large');
  const { diagnostics, policy } = load(text, { work: 64 * 1024 * 1024, guesses: 0 });
  expect(diagnostics.map(({ code }) => code)).not.toContain('policy-too-large');
  expect(policy.programs.get('helo')?.steps).toHaveLength(2000);
});

test('what is granted once is not taken back, and nothing more is granted after a refusal', () => {
  const found: Diagnostic[] = [];
  const budget = new WorkBudget({ work: 10, guesses: 5 }, (diagnostic) => found.push(diagnostic));
  const spend = (work: number) => budget.spend(work, 'x', () => undefined);
  expect([spend(6), spend(4), budget.isOver]).toEqual([true, true, false]);
  expect([spend(1), spend(0), budget.isOver, budget.spent]).toEqual([false, false, true, 10]);
  expect(found).toHaveLength(1);
  expect(budget.guess(5, () => 'permit')).toBe('permit');
  expect(budget.guess(1, () => 'permit')).toBeUndefined();
  const open = new WorkBudget({ work: 10, guesses: 0 }, (diagnostic) => found.push(diagnostic));
  open.close();
  expect(open.spend(1000, 'x', () => undefined)).toBe(true);
});

test('a chain of classes may be longer than a chain of calls', () => {
  const names = Array.from({ length: 3000 }, (_, index) => `c${index}`);
  const chain = names.map((name, index) => `${name} = ${names[index + 1] ?? 'reject'}\n`).join('');
  const text = `smtpd_restriction_classes = ${names.join(' ')}\n${chain}smtpd_helo_restrictions = c0\n`;
  const { policy, diagnostics } = load(text, FILE_LIMITS);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  let program: Program | undefined = policy.programs.get('helo');
  let depth = 0;
  for (; program !== undefined; program = program.steps[0]?.nested) depth += 1;
  expect(depth).toBe(names.length + 1);
});
