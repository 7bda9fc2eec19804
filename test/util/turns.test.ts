import { expect, it } from 'vitest';
import { Turns } from '../../src/util/turns.ts';

const LONG_MS = 1_000_000;

it('gives no more turns than there are, in the order they were asked for', async () => {
  const turns = new Turns(2);
  expect([turns.take(LONG_MS), turns.take(LONG_MS)]).toEqual([true, true]);
  const given: string[] = [];
  const waiting = ['first', 'second', 'third'].map(async (name) => {
    await turns.take(LONG_MS);
    given.push(name);
  });
  turns.release();
  turns.release();
  await Promise.all(waiting.slice(0, 2));
  expect(given).toEqual(['first', 'second']);
  turns.release();
  await Promise.all(waiting);
  turns.release();
  turns.release();
  expect([turns.take(LONG_MS), turns.take(LONG_MS)]).toEqual([true, true]);
});

it('lets go who has waited too long', async () => {
  const turns = new Turns(1);
  expect(turns.take(LONG_MS)).toBe(true);
  expect(await turns.take(1)).toBe(false);
  turns.release();
  expect(turns.take(LONG_MS)).toBe(true);
});

it('sends everybody away when it is cancelled', async () => {
  const turns = new Turns(1);
  expect(turns.take(LONG_MS)).toBe(true);
  const waiting = [turns.take(LONG_MS), turns.take(LONG_MS)];
  turns.cancel();
  expect(await Promise.all(waiting)).toEqual([false, false]);
});

it('sends away at once who would be one too many to wait', async () => {
  const turns = new Turns(1, 1);
  expect(turns.take(LONG_MS)).toBe(true);
  const waiting = turns.take(LONG_MS);
  expect(turns.take(LONG_MS)).toBe(false);
  turns.release();
  expect(await waiting).toBe(true);
});
