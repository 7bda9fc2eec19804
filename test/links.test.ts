import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const LINK = /\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g;

test('links between the documents lead somewhere', () => {
  const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
  const broken: string[] = [];
  let links = 0;
  for (const page of pages) {
    for (const [, target = ''] of readFileSync(join(ROOT, page), 'utf8').matchAll(LINK)) {
      links += 1;
      if (!existsSync(join(ROOT, dirname(page), target))) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(10);
});
