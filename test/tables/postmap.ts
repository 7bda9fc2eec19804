/**
 * Real Postfix as the judge: the same table text and search strings through
 * `postmap -q`. Uses private directories only.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { Source } from '../../src/language/source.ts';
import type { ContentReader, TableContent } from '../../src/tables/table-content.ts';
import { TableSet } from '../../src/tables/table-set.ts';
import { requirement } from '../support/requirements.ts';

export const hasPostmap = requirement('postmap').isMet;

export class PostmapDirectory {
  readonly path: string;
  /** The last query was too much for a pattern's limits: Postfix says so, and takes it for no match. */
  hasGivenUp = false;
  #count = 0;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<PostmapDirectory> {
    const directory = new PostmapDirectory(await mkdtemp(join(tmpdir(), 'postward-postmap-')));
    const mainCf = join(directory.path, 'main.cf');
    await writeFile(mainCf, 'compatibility_level = 3.6\nsmtputf8_enable = yes\n');
    await settle(mainCf);
    return directory;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true });
  }

  /** What Postfix finds for each key, undefined where it finds nothing. Keys must be distinct. */
  async query(type: string, text: string, keys: readonly string[]): Promise<(string | undefined)[]> {
    const file = join(this.path, `table${this.#count++}`);
    await writeFile(file, text);
    await settle(file);
    if (INDEXED.has(type)) await this.#run(['-c', this.path, `${type}:${file}`], '');
    return await this.querySpec(`${type}:${file}`, keys);
  }

  /** All that postmap made of a table, as `postmap -s` writes it: a key, a tab and a value a line. */
  async dump(type: string, text: string): Promise<string[]> {
    const file = join(this.path, `table${this.#count++}`);
    await writeFile(file, text);
    await this.#run(['-c', this.path, `${type}:${file}`], '');
    const output = await this.#run(['-c', this.path, '-s', `${type}:${file}`], '');
    return output.split('\n').filter((line) => line !== '');
  }

  async querySpec(spec: string, keys: readonly string[]): Promise<(string | undefined)[]> {
    const output = await this.#run(['-c', this.path, '-q', '-', spec], `${keys.join('\n')}\n`);
    const found = new Map<string, string>();
    for (const line of output.split('\n')) {
      const tab = line.indexOf('\t');
      if (tab >= 0) found.set(line.slice(0, tab), line.slice(tab + 1));
    }
    return keys.map((key) => found.get(key));
  }

  /** The numbers, from 1, of the lines that Postfix says it cannot read. */
  async skippedLines(type: string, lines: readonly string[]): Promise<ReadonlySet<number>> {
    const file = join(this.path, `table${this.#count++}`);
    await writeFile(file, `${lines.join('\n')}\n`);
    await settle(file);
    const warnings = await new Promise<string>((resolve) => {
      const options = { encoding: 'utf8', maxBuffer: 1e8 } as const;
      execFile(
        'postmap',
        ['-c', this.path, '-q', 'x', `${type}:${file}`],
        options,
        (_error, _stdout, stderr) => resolve(stderr),
      );
    });
    return new Set([...warnings.matchAll(/, line ([0-9]+): /g)].map(([, line]) => Number(line)));
  }

  /** True when Postfix cannot answer, as opposed to: finds nothing. */
  async isFailing(spec: string, key: string): Promise<boolean> {
    return await new Promise((resolve) => {
      const args = ['-c', this.path, '-q', key, spec];
      execFile('postmap', args, { encoding: 'utf8' }, (_error, _stdout, stderr) =>
        resolve(/fatal:|error/.test(stderr)),
      );
    });
  }

  #run(args: readonly string[], input: string): Promise<string> {
    return new Promise((resolve) => {
      const child = execFile('postmap', args, { encoding: 'utf8' }, (_error, stdout, stderr) => {
        this.hasGivenUp = stderr.includes('match limit exceeded');
        resolve(stdout);
      });
      // A postmap that gives up does not read what is left.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  }
}

/** Postfix waits for a file that has just changed; this one has not. */
async function settle(file: string): Promise<void> {
  await utimes(file, 1_700_000_000, 1_700_000_000);
}

const INDEXED = new Set(['hash', 'btree', 'lmdb', 'cdb']);

export interface Loaded {
  readonly content: TableContent;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a table text to the end. */
export function load(reader: ContentReader, text: string): Loaded {
  const diagnostics: Diagnostic[] = [];
  const slices = reader(
    new Source('/tables/test', text),
    (diagnostic) => diagnostics.push(diagnostic),
    new TableSet(),
  );
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return { content: slice.value, diagnostics };
  }
}
