/**
 * `postward import`: makes policies of a main.cf, and tells what it does. Without
 * `--output` it only tells.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Imported, importMainCf } from '../import/import-main-cf.ts';
import { TABLES_DIRECTORY } from '../import/table-copies.ts';
import { Source } from '../language/source.ts';
import { readHostFacts } from '../policy/host-facts.ts';
import { OperatorError } from '../util/operator-error.ts';
import { systemErrorReason } from '../util/system-error.ts';
import { importReport } from './import-report.ts';
import { maskFor, type OptionValues } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';

const POSTFIX_DIRECTORY = '/etc/postfix';
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

const SOUND = 0;
const BROKEN = 2;

/**
 * @param file main.cf, or `-` for standard input
 * @returns the exit code: 0, or 2 when there are mistakes left
 */
export async function importCommand(
  file: string,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const isPiped = file === '-';
  const mainCf = isPiped ? await sourceOfInput(terminal) : sourceOfFile(resolve(terminal.directory, file));
  const master = options['master'];
  const masterCf = typeof master === 'string' ? sourceOfFile(resolve(terminal.directory, master)) : undefined;
  const isFixing = options['fix'] === true;
  const imported = importMainCf({
    mainCf,
    masterCf,
    configDirectory: isPiped ? POSTFIX_DIRECTORY : dirname(mainCf.file),
    host: readHostFacts(),
    isFixing,
  });
  const output = typeof options['output'] === 'string' ? options['output'] : undefined;
  if (output !== undefined) {
    const read = [mainCf.file, ...(masterCf === undefined ? [] : [masterCf.file])];
    write(imported, resolve(terminal.directory, output), read, options['force'] === true);
  }
  const report = { isFixing, output };
  terminal.out(importReport(imported, report, painter(terminal.hasOutColour), maskFor(options, terminal)));
  return imported.isSound && !imported.hasLostLines ? SOUND : BROKEN;
}

async function sourceOfInput(terminal: Terminal): Promise<Source> {
  const input = await terminal.readInput(MAX_INPUT_BYTES);
  if (input !== undefined) return new Source('standard input', input.toString());
  throw new OperatorError(
    'nothing-to-import',
    'there is nothing on standard input',
    'pipe a main.cf into it: `postconf -n | postward import -`',
  );
}

function sourceOfFile(path: string): Source {
  try {
    return new Source(path, readFileSync(path, 'utf8'));
  } catch (error) {
    throw new OperatorError(
      'unreadable-main-cf',
      `cannot read \`${path}\`: ${systemErrorReason(error)}`,
      'name the file to import, or `-` for standard input',
    );
  }
}

/** All or, when something is in the way, nothing. */
function write(imported: Imported, directory: string, read: readonly string[], isForced: boolean): void {
  const policies = imported.policies.map(({ name, text }) => ({ to: join(directory, `${name}.cf`), text }));
  const copies = imported.copies.map(({ from, to }) => ({ from, to: join(directory, to) }));
  const inTheWay = [...policies, ...copies].map(({ to }) => to).filter((to) => existsSync(to));
  const originals = new Set([...read, ...copies.map(({ from }) => from)].filter(existsSync).map(realpath));
  const original = inTheWay.find((to) => originals.has(realpath(to)));
  if (original !== undefined) {
    throw new OperatorError(
      'output-is-input',
      `\`${original}\` is what is imported, and would be overwritten`,
      'give another directory to `--output`',
    );
  }
  if (inTheWay.length > 0 && !isForced) {
    throw new OperatorError(
      'output-exists',
      `nothing was written: \`${inTheWay.join('`, `')}\` ${inTheWay.length === 1 ? 'is' : 'are'} there already`,
      'give another directory to `--output`, or `--force` to overwrite',
    );
  }
  try {
    mkdirSync(copies.length === 0 ? directory : join(directory, TABLES_DIRECTORY), { recursive: true });
    // A copy keeps the mode of its original: SQL maps hold passwords.
    for (const { from, to } of copies) copyFileSync(from, to, isForced ? 0 : constants.COPYFILE_EXCL);
    for (const { to, text } of policies) writeFileSync(to, text, { flag: isForced ? 'w' : 'wx' });
  } catch (error) {
    throw new OperatorError(
      'output-failed',
      `cannot write to \`${directory}\`: ${systemErrorReason(error)}`,
      'see that the directory can be written, and has room',
    );
  }
}

function realpath(path: string): string {
  return realpathSync(path);
}
