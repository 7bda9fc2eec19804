/**
 * `npm run build [-- DIRECTORY]`: compiles src/ into a clean dist/ (or
 * DIRECTORY), where main.js is the executable `postward` command.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(target, { recursive: true, force: true });
const tsc = join(root, 'node_modules/.bin/tsc');
const compiled = spawnSync(tsc, ['-p', join(root, 'tsconfig.build.json'), '--outDir', target], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (compiled.status === 0) {
  chmodSync(join(target, 'main.js'), 0o755);
} else {
  if (compiled.error !== undefined)
    console.error(`cannot run ${tsc}: ${compiled.error.message}; run \`npm ci\``);
  process.exitCode = 1;
}
