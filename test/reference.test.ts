import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  actionsPage,
  dnsListsPage,
  eventsPage,
  lintRulesPage,
  metricsPage,
  parametersPage,
  restrictionsPage,
  settingsPage,
  tablesPage,
} from '../tools/reference-pages.ts';

const directory = join(import.meta.dirname, '../docs/reference');

test.each([
  ['restrictions.md', restrictionsPage],
  ['tables.md', tablesPage],
  ['actions.md', actionsPage],
  ['parameters.md', parametersPage],
  ['lint-rules.md', lintRulesPage],
  ['dns-lists.md', dnsListsPage],
  ['settings.md', settingsPage],
  ['log-events.md', eventsPage],
  ['metrics.md', metricsPage],
])('docs/reference/%s is what its table makes', async (file, page) => {
  await expect(page()).toMatchFileSnapshot(join(directory, file));
});

test('restrictions are sorted by name, so that none is described by the one before it', () => {
  expect(restrictionsPage()).not.toMatch(/\| The same\b/);
});

test('a default with a backtick in it is shown whole', () => {
  expect(parametersPage()).toMatch(/^\| `smtpd_expansion_filter` \| template \| ``[^|]+`[^|]+\\\|\}~`` \|/m);
});
