/** What nobody has configured is not loaded, and costs neither memory nor start-up time. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Starts the app in a process of its own. @returns whether ioredis is among its modules */
async function isLoaded(url: string): Promise<boolean> {
  const script = `
    import { createRequire } from 'node:module';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { startApp } from './src/app.ts';
    import { openLogDestination } from './src/observe/log-destination.ts';
    import { loadSettings } from './src/settings/load.ts';
    const environment = {
      POSTWARD_LISTEN: '127.0.0.1:0', POSTWARD_ADMIN__ADDRESS: 'off', POSTWARD_DATA: 'memory',
      POSTWARD_REDIS__URL: ${JSON.stringify(url)},
    };
    const { settings } = loadSettings({ file: undefined, environment, flags: {}, directory: '.' });
    const app = await startApp(settings, { log: openLogDestination(2), logFormat: 'json' });
    await sleep(100);
    const modules = Object.keys(createRequire(import.meta.url).cache);
    console.log(modules.some((file) => file.includes('/ioredis/')));
    await app.close();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: ROOT,
  });
  return stdout.trim() === 'true';
}

test('without `redis` nothing of its client is loaded', async () => {
  expect(await isLoaded('')).toBe(false);
  expect(await isLoaded('redis://127.0.0.1:1')).toBe(true);
});
