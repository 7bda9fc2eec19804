import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?[^)]*\)/g;

const text = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** What GitHub makes of the headings of a page. */
function anchors(page: string): string[] {
  return Array.from(text(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('links between the documents lead somewhere', () => {
  const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
  const broken: string[] = [];
  let links = 0;
  for (const page of pages) {
    for (const [, target = '', anchor] of text(page).matchAll(LINK)) {
      links += 1;
      const file = target === '' ? page : join(dirname(page), target);
      if (!existsSync(join(ROOT, file))) broken.push(`${page}: ${target}`);
      else if (anchor !== undefined && !anchors(file).includes(anchor)) {
        broken.push(`${page}: ${target}#${anchor}`);
      }
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(10);
});
