/**
 * The built command: `dist/main.js` runs, says its version, and on a Node that
 * is too old says so in one line instead of failing on what it cannot parse.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** Makes `process.versions` tell of another Node. */
function pretendNode(release: string): string {
  const versions = `{ ...process.versions, node: '${release}' }`;
  return `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${versions} })`;
}

/** Nodes of this machine that are older than ours; none is fine. */
function olderNodes(): string[] {
  return ['/usr/bin/node', '/usr/local/bin/node'].filter((program) => {
    const { stdout, status } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    return status === 0 && Number.parseInt(stdout.slice(1), 10) < 24;
  });
}

describe('npm run build', () => {
  let directory: string;
  let main: string;

  beforeAll(() => {
    // Laid out as an installed package, beside the project's own dist/.
    directory = mkdtempSync(join(tmpdir(), 'postward-build-'));
    copyFileSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    main = join(directory, 'dist/main.js');
    const built = spawnSync(process.execPath, [join(ROOT, 'tools/build.ts'), join(directory, 'dist')], {
      encoding: 'utf8',
    });
    expect(built.stdout + built.stderr).toBe('');
    expect(built.status).toBe(0);
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('makes an executable file with a shebang', () => {
    accessSync(main, constants.X_OK);
    expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('makes the postward command', () => {
    const ran = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('says in one line that a Node is too old', () => {
    const ran = spawnSync(process.execPath, ['--import', pretendNode('22.12.0'), main, '--version'], {
      encoding: 'utf8',
    });
    expect(ran).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'postward needs Node.js 24 or newer, and this is 22.12.0\n',
    });
  });

  it('says so on every older Node of this machine', () => {
    for (const program of olderNodes()) {
      const ran = spawnSync(program, [main, '--version'], { encoding: 'utf8' });
      expect(ran, program).toMatchObject({ status: 1, stdout: '' });
      expect(ran.stderr, program).toMatch(
        /^postward needs Node\.js 24 or newer, and this is \d+\.\d+\.\d+\n$/,
      );
    }
  });
});
