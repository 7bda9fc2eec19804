import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventsPage, metricsPage, settingsPage } from '../tools/reference-pages.ts';

const directory = join(import.meta.dirname, '../docs/reference');

test.each([
  ['settings.md', settingsPage],
  ['log-events.md', eventsPage],
  ['metrics.md', metricsPage],
])('docs/reference/%s is what its table makes', async (file, page) => {
  await expect(page()).toMatchFileSnapshot(join(directory, file));
});
