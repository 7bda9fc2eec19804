/**
 * Who may import whom, and what a file may be. Reads the imports of src/ and
 * holds them against one order: a part imports only what stands left of
 * it, so every part can be read, tested and replaced with what it stands on.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../src');

/**
 * From the innermost to the outermost. A part may import parts of earlier
 * lines, and of its own line as long as no two of a line import each other.
 * The command line is the outermost: `serve` starts the app.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['net', 'util'],
  ['language'],
  ['databases', 'redis', 'store'],
  ['tables', 'access', 'dns', 'cache', 'protocol', 'chain'],
  ['engine'],
  ['restrictions'],
  ['policy', 'lists'],
  ['snapshot', 'import'],
  ['explain'],
  ['observe', 'settings'],
  ['server', 'admin', 'doctor'],
  ['load-policies.ts'],
  ['app.ts'],
  ['cli'],
  ['main.ts'],
];

/** Beside the layers: these know nothing of policies, only what a decision looks like. */
const NARROW: Readonly<Record<string, readonly string[]>> = {
  observe: ['net', 'util', 'language', 'redis', 'dns', 'protocol', 'engine', 'settings'],
  settings: ['net', 'util', 'language'],
};

/** Modules with an effect on the outside, each with the only part that may use it. */
const KEEPERS: Readonly<Record<string, readonly string[]>> = {
  // dns: a truncated answer is asked for again over TCP (RFC 7766). chain: asks other policy servers.
  // databases: asks the servers of socketmap: and tcp: tables.
  'node:net': ['server', 'dns', 'chain', 'databases'],
  'node:dgram': ['dns'],
  'dns-packet': ['dns'],
  ioredis: ['redis'],
  fastify: ['admin'],
  '@fastify/swagger': ['admin'],
  '@fastify/rate-limit': ['admin'],
  pino: ['observe'],
  'prom-client': ['observe'],
  mysql2: ['databases'],
  'mysql2/promise': ['databases'],
  pg: ['databases'],
  // store: our own data. databases: what sqlite: tables name.
  'node:sqlite': ['store', 'databases'],
  commander: ['cli'],
  yaml: ['settings'],
};

const MOST_LINES = 500;
const NAMELESS = /^(?:index|utils?|helpers?|types?|common|misc)\.ts$/;

interface SourceFile {
  /** Relative to src/. */
  readonly path: string;
  readonly text: string;
}

function readTree(directory: string): SourceFile[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(directory, path), 'utf8') }));
}

/** `from '…'`, `import '…'` and `import('…')`, each at the start of a statement or in an expression. */
function importsOf(text: string): string[] {
  const statements = text.matchAll(/^\s*(?:import|export)\b[^'";]*?(?:from\s*)?'([^']+)'/gm);
  const expressions = text.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [...statements, ...expressions].map((found) => found[1] ?? '');
}

/** The folder of src/ a file belongs to, or its own name for a file of the top. */
function partOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function partOfImport(file: SourceFile, specifier: string): string {
  return partOf(join(file.path, '..', specifier));
}

function layerOf(part: string): number {
  return LAYERS.findIndex((layer) => layer.includes(part));
}

/** Every breach, as a sentence that says what to change. */
function breaches(files: readonly SourceFile[]): string[] {
  const found: string[] = [];
  const edges = new Map<string, string>();
  for (const file of files) {
    const part = partOf(file.path);
    if (layerOf(part) < 0) found.push(`${file.path}: \`${part}\` is no part of the order`);
    for (const specifier of importsOf(file.text)) {
      if (!specifier.startsWith('.')) {
        const keepers = KEEPERS[specifier];
        if (keepers !== undefined && !keepers.includes(part)) {
          found.push(`${file.path}: only ${keepers.join(' and ')} may import ${specifier}`);
        }
        continue;
      }
      const target = partOfImport(file, specifier);
      if (target === part) continue;
      edges.set(`${part} ${target}`, file.path);
      const narrow = NARROW[part];
      if (layerOf(target) > layerOf(part) || (narrow !== undefined && !narrow.includes(target))) {
        found.push(`${file.path}: ${part} may not import ${target} (${specifier})`);
      }
    }
  }
  for (const [edge, path] of edges) {
    const [from, to] = edge.split(' ');
    const back = edges.get(`${to} ${from}`);
    if (back !== undefined) found.push(`${path} and ${back}: ${from} and ${to} import each other`);
  }
  return found;
}

describe('src/', () => {
  const files = readTree(SRC);

  it('imports only from the left', () => {
    expect(files.flatMap((file) => importsOf(file.text)).length).toBeGreaterThan(files.length);
    expect(breaches(files)).toEqual([]);
  });

  it('has no barrels and no files without a subject', () => {
    const nameless = files.filter(({ path }) => NAMELESS.test(path.split('/').at(-1) ?? ''));
    expect(nameless.map(({ path }) => path)).toEqual([]);
  });

  it(`has no file above ${MOST_LINES} lines`, () => {
    const long = files.filter(({ text }) => text.split('\n').length > MOST_LINES);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const file = (path: string, text: string): SourceFile => ({ path, text });

  it.each([
    [
      [file('engine/a.ts', `import { x } from '../restrictions/b.ts';`)],
      'engine may not import restrictions',
    ],
    [[file('engine/a.ts', `import type {\n  x,\n} from '../policy/b.ts';`)], 'engine may not import policy'],
    [[file('policy/a.ts', `const x = await import('../cli/b.ts');`)], 'policy may not import cli'],
    [[file('language/a.ts', `export { x } from '../observe/b.ts';`)], 'language may not import observe'],
    [[file('observe/a.ts', `import { x } from '../policy/b.ts';`)], 'observe may not import policy'],
    [
      [file('admin/a.ts', `import { createServer } from 'node:net';`)],
      'only server and dns and chain and databases may import node:net',
    ],
    [[file('engine/a.ts', `import 'pino';`)], 'only observe may import pino'],
    [[file('stuff/a.ts', '')], '`stuff` is no part of the order'],
    [
      [file('tables/a.ts', `import '../access/b.ts';`), file('access/b.ts', `import '../tables/a.ts';`)],
      'tables and access import each other',
    ],
  ])('find a breach: %j', (files, sentence) => {
    expect(breaches(files).join('\n')).toContain(sentence);
  });

  it('let what is allowed pass', () => {
    const allowed = [
      file('dns/client.ts', `import { connect } from 'node:net';\nimport { x } from '../net/a.ts';`),
      file('cli/serve.ts', `import { start } from '../app.ts';`),
      file('server/a.ts', `import type { Log } from '../observe/log.ts';\nimport { b } from './b.ts';`),
    ];
    expect(breaches(allowed)).toEqual([]);
  });
});
