import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCase } from '../support/case-file.ts';

const CASES = join(import.meta.dirname, 'cases');
const PAGE = join(import.meta.dirname, '../../docs/postfix-differences.md');

const cases = readdirSync(CASES).map((file) =>
  parseCase(file.replace(/\.case$/, ''), readFileSync(join(CASES, file), 'utf8')),
);
const cited = new Set(
  [...readFileSync(PAGE, 'utf8').matchAll(/`([a-z0-9-]+\/[a-z0-9-]+)`/g)].map(([, words = '']) => words),
);

test('the probes that docs/postfix-differences.md names are there', () => {
  const all = new Set(cases.flatMap(({ name, probes }) => probes.map(({ id }) => `${name}/${id}`)));
  const known = [...cited].filter((words) => all.has(words));
  const missing = [...cited].filter(
    (words) => !all.has(words) && cases.some(({ name }) => words.startsWith(`${name}/`)),
  );
  expect(missing).toEqual([]);
  expect(known.length).toBeGreaterThan(10);
});

test('every probe that is answered otherwise in a layout is of a case that the page names', () => {
  const otherwise = cases.filter(({ probes }) =>
    probes.some(({ instead }) => instead.single !== undefined || instead['per list'] !== undefined),
  );
  const named = [...cited].map((words) => words.split('/')[0]);
  expect(otherwise.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
});
