/**
 * The Dockerfile, without Docker: every path it copies is in the tree or made
 * by a command before, every command and setting it names exists, and it keeps
 * what docs/guide/install.md promises.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTING_ROWS } from '../src/settings/setting-rows.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'src/main.ts');

interface Instruction {
  readonly name: string;
  readonly words: readonly string[];
  readonly text: string;
}

/** Stages in order, each with its instructions, FROM first. */
function parseDockerfile(text: string): Instruction[][] {
  const logical = text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '');
  const stages: Instruction[][] = [];
  for (const line of logical.split('\n')) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    if (name === '') continue;
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, words, text: line.slice(name.length).trim() });
  }
  return stages;
}

const stages = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const [build = [], final = []] = stages;
const named = (stage: readonly Instruction[], name: string) => stage.filter((one) => one.name === name);
/** The JSON array of an exec-form instruction. */
const execForm = ({ text }: Instruction): string[] => JSON.parse(text.slice(text.indexOf('[')));
const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

describe('Dockerfile', () => {
  it('has a build stage and a final one, of the Node that package.json wants', () => {
    expect(stages).toHaveLength(2);
    const [, major = ''] = /(\d+)/.exec(packageJson.engines.node) ?? [];
    for (const stage of stages) expect(stage[0]?.text).toMatch(new RegExp(`^node:${major}-slim`));
  });

  it('copies only what is in the tree and not ignored', () => {
    const admitted = readFileSync(join(ROOT, '.dockerignore'), 'utf8').match(/^!.+$/gm) ?? [];
    const copies = stages.flat().filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from'));
    const sources = copies.flatMap(({ words }) => words.slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), `COPY ${source}`).toBe(true);
      expect(admitted, `.dockerignore and COPY ${source}`).toContain(`!${source.replace(/^\.\//, '')}`);
    }
  });

  it('takes from the build stage only what that copied or made', () => {
    const copied = named(build, 'COPY').flatMap(({ words }) => words.slice(0, -1));
    // Of `npm ci` and `npm run build`.
    const made = [...copied, 'node_modules', 'dist'];
    const taken = named(final, 'COPY').filter(({ text }) => text.startsWith('--from=build'));
    expect(taken.length).toBeGreaterThan(0);
    for (const { words } of taken) expect(made).toContain((words[1] ?? '').replace(/^\/app\//, ''));
  });

  it('runs only scripts and npm commands that exist', () => {
    const commands = stages.flat().filter(({ name }) => name === 'RUN');
    expect(commands.map(({ text }) => text.split(' ')[0])).toEqual(['npm', 'npm', 'npm', 'mkdir']);
    for (const { words } of commands.filter(({ words }) => words[1] === 'run')) {
      expect(Object.keys(packageJson.scripts)).toContain(words[2]);
    }
  });

  it('starts and asks the daemon by commands that the built program has', () => {
    const programs = [...named(final, 'CMD'), ...named(final, 'HEALTHCHECK')].map(execForm);
    expect(programs).toHaveLength(2);
    for (const [program, script, command = ''] of programs) {
      expect([program, script]).toEqual(['node', 'dist/main.js']);
      const help = spawnSync(process.execPath, [MAIN, command, '--help'], { encoding: 'utf8' });
      expect(help.status, `${command}: ${help.stderr}`).toBe(0);
      expect(help.stdout).toContain(`postward ${command}`);
    }
  });

  it('sets only settings that there are', () => {
    const settings = named(final, 'ENV')
      .flatMap(({ words }) => words.map((word) => word.split('=')[0] ?? ''))
      .filter((name) => name.startsWith('POSTWARD_'));
    const known = SETTING_ROWS.map(({ environmentName }) => environmentName);
    expect(settings.length).toBeGreaterThan(0);
    for (const name of settings) expect(known).toContain(name);
  });

  it('runs as nobody in particular, with one volume for what it keeps, and its ports told', () => {
    expect(named(final, 'USER').map(({ text }) => text)).toEqual(['node']);
    expect(named(final, 'VOLUME').map(({ text }) => text)).toEqual(['/var/lib/postward']);
    expect(named(final, 'ENV').some(({ text }) => text.includes('POSTWARD_DATA=/var/lib/postward'))).toBe(
      true,
    );
    expect(named(final, 'EXPOSE').map(({ text }) => text)).toEqual(['10040 10080']);
  });
});
