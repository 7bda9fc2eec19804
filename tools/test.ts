/**
 * `npm test`: Biome → TypeScript → vitest, each run to its end so that one run
 * tells everything. Its last line is `N passed, N failed, N skipped`; it exits
 * 1 if anything failed. Arguments that are not ours go to vitest (`npm test --
 * test/tables`).
 *
 * With CI=true or `--all` it first installs the Debian packages that suites
 * need, and a skipped test is a failure. Without, suites that miss something
 * are skipped, and one line for each says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allRequirements } from '../test/support/requirements.ts';
import { cannotInstall, installPackages } from './debian-packages.ts';

/** The part read here of what vitest's JSON reporter writes. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

interface Count {
  passed: number;
  failed: number;
  skipped: string[];
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const isComplete = process.env['CI'] === 'true' || args.includes('--all');
  if (isComplete) process.env['CI'] = 'true';
  const failures: string[] = [];

  if (isComplete && !(await provideRequirements())) failures.push('installing what the suites need');
  if (!runTool('Biome: lint and format', 'biome', ['check', '--error-on-warnings', '.']))
    failures.push('Biome');
  if (!runTool('TypeScript: types', 'tsc', ['--noEmit'])) failures.push('TypeScript');
  const count = runVitest(args.filter((arg) => arg !== '--all'));
  if (count.failed > 0) failures.push('vitest');
  if (isComplete && count.skipped.length > 0) {
    failures.push('skipped tests');
    for (const name of count.skipped) console.log(`SKIPPED, which is a failure here: ${name}`);
  }

  section('Result');
  for (const { isMet, complaint } of allRequirements()) {
    if (!isMet) console.log(`NOT TESTED: ${complaint}`);
  }
  console.log(failures.length === 0 ? 'Everything passed.' : `Failed: ${failures.join(', ')}.`);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped.length} skipped`);
  return failures.length === 0 ? 0 : 1;
}

/** Installs the packages that are missing; false when that was not possible. */
async function provideRequirements(): Promise<boolean> {
  const missing = [...new Set(allRequirements().flatMap((found) => found.missingPackages))];
  if (missing.length === 0) return true;
  section(`Debian packages: ${missing.join(', ')}`);
  const obstacle = cannotInstall();
  if (obstacle !== '') {
    console.log(`cannot install ${missing.join(', ')}: ${obstacle}`);
    return false;
  }
  try {
    await installPackages(missing);
    return true;
  } catch (error) {
    console.log(`cannot install ${missing.join(', ')}: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

function runVitest(args: readonly string[]): Count {
  const directory = mkdtempSync(join(tmpdir(), 'postward-test-'));
  try {
    const file = join(directory, 'report.json');
    const isGreen = runTool('vitest', 'vitest', [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...args,
    ]);
    const count = countTests(file);
    // An error outside of any test (a broken import, an unhandled rejection) has no count of its own.
    if (!isGreen && count.failed === 0) count.failed = 1;
    return count;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function countTests(file: string): Count {
  const count: Count = { passed: 0, failed: 0, skipped: [] };
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return count;
  }
  for (const suite of report.testResults) {
    if (suite.status === 'failed' && suite.assertionResults.length === 0) count.failed += 1;
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'passed') count.passed += 1;
      else if (status === 'failed') count.failed += 1;
      else count.skipped.push(fullName);
    }
  }
  return count;
}

/** Runs a program of node_modules/.bin, which npm put on the path; true when it succeeded. */
function runTool(title: string, program: string, args: readonly string[]): boolean {
  section(title);
  const result = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error !== undefined)
    console.log(`cannot run ${program}: ${result.error.message}; use \`npm test\``);
  return result.status === 0;
}

function section(title: string): void {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(4, 76 - title.length))}`);
}
