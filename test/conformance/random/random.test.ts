/**
 * Random configurations and requests, always the same ones, decided natively
 * by Postfix and by Postward. `npm run conformance` tries others.
 */
import { describe, expect, it } from 'vitest';
import { requirement } from '../../support/requirements.ts';
import { differencesOf, describe as tell } from './differences.ts';
import { randomCase } from './generator.ts';

const FIRST_SEED = 300;
const CASES = 12;
const PROBES_A_CASE = 42;
/** Of native replies and effects: all of these must have come about, else the probes prove little. */
const TELLING = ['250', '450', '451', '501', '554', '550', '252', '459', '354', 'discard'];

/** Starting Postfix and the daemon takes a second, and half a minute on a busy machine. */
const TIMEOUT_MS = 180_000;

const postfix = requirement('postfix');

it('makes the same case of the same seed', () => {
  expect(randomCase(7, 5)).toBe(randomCase(7, 5));
  expect(randomCase(7, 5)).not.toBe(randomCase(8, 5));
});

describe.skipIf(!postfix.isMet)('Postward decides at random what Postfix decides', () => {
  const outcomes = new Set<string>();

  for (let seed = FIRST_SEED; seed < FIRST_SEED + CASES; seed += 1) {
    it.concurrent(`seed ${seed}`, { timeout: TIMEOUT_MS }, async ({ expect }) => {
      const text = randomCase(seed, PROBES_A_CASE);
      const comparison = await differencesOf(`seed ${seed}`, text);
      for (const outcome of comparison.outcomes.keys()) outcomes.add(outcome);
      const told = comparison.differences.map(tell).join('\n');
      expect(told && `${told}\n\n${text}`).toBe('');
    });
  }

  it('with all kinds of outcomes', () => {
    expect([...outcomes]).toEqual(expect.arrayContaining(TELLING));
  });
});
