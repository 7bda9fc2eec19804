/**
 * What makes `npm ci` fail on a fresh machine though `npm install` went well
 * here: a package.json that the lock file does not know, and an optional
 * package for another platform that the lock file leaves out because its
 * registry did not have that version (docs/adr/0001-pinned-node.md).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const manifest: Manifest = read('package.json');
const { packages }: { packages: Readonly<Record<string, Manifest>> } = read('package-lock.json');

/** Where Node would look for `name` from the package at `path`: its own node_modules, then those around it. */
function isLocked(path: string, name: string): boolean {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

describe('package-lock.json', () => {
  it('knows what package.json asks for', () => {
    const { dependencies, devDependencies, optionalDependencies } = packages[''] ?? {};
    expect({ dependencies, devDependencies, optionalDependencies }).toEqual({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
      optionalDependencies: manifest.optionalDependencies,
    });
  });

  it('holds every optional package, for this platform and all others', () => {
    const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).map((name) => [path, name] as const),
    );
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.filter(([path, name]) => !isLocked(path, name))).toEqual([]);
  });
});
