import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diagnostic } from '../../../src/language/diagnostic.ts';
import { parseMainCf } from '../../../src/language/main-cf.ts';
import { Source } from '../../../src/language/source.ts';
import { lintPolicy } from '../../../src/policy/lint/lint-policy.ts';
import { ParameterSet } from '../../../src/policy/parameter-set.ts';

const HOST = { hostname: 'mx.example.com', interfaces: ['127.0.0.1/8'] };

/** What the rules say of a main.cf, with `access` as the file `$config_directory/access`. */
export function lintText(
  mainCf: string,
  access?: string,
  accessMode = 0o644,
  fileName = 'main.cf',
): readonly Diagnostic[] {
  const directory = mkdtempSync(join(tmpdir(), 'postward-lint-'));
  try {
    if (access !== undefined) {
      const file = join(directory, 'access');
      writeFileSync(file, access);
      chmodSync(file, accessMode);
    }
    const found: Diagnostic[] = [];
    const report = () => {};
    const assignments = parseMainCf(new Source(join(directory, fileName), mainCf), report);
    const parameters = new ParameterSet({ assignments, configDirectory: directory, host: HOST, report });
    lintPolicy({ assignments, parameters, report: (diagnostic) => found.push(diagnostic) });
    return found;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The findings as `code text`: the text that each points at. */
export function lintedWords(mainCf: string, access?: string): readonly string[] {
  return lintText(mainCf, access).map(({ code, span }) => `${code} ${wordsAt(span)}`);
}

function wordsAt(span: Diagnostic['span']): string {
  return span === undefined ? '' : span.source.text.slice(span.start, span.end);
}
