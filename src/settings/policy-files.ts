/**
 * Which policies there are, and in which files. Read anew at every reload, so
 * that a file put into the directory is a policy from then on.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Report } from '../language/diagnostic.ts';
import { systemErrorReason } from '../util/system-error.ts';
import type { PoliciesSetting } from './settings.ts';

const EXTENSION = '.cf';

/** Policy names and their files, by name. Empty, with an error reported, if there is none. */
export function listPolicyFiles(policies: PoliciesSetting, report: Report): ReadonlyMap<string, string> {
  const files = typeof policies === 'string' ? filesAt(policies, report) : Object.entries(policies);
  if (files?.length === 0) {
    report({
      severity: 'error',
      code: 'no-policy',
      message:
        typeof policies === 'string' ? `no policy file (\`*.cf\`) in \`${policies}\`` : '`policies` is empty',
      help: 'name a policy file with `--policy`, or set `policies`',
    });
  }
  return new Map(files?.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function filesAt(path: string, report: Report): [string, string][] | undefined {
  try {
    if (!statSync(path).isDirectory()) return [[basename(path, extname(path)), path]];
    return readdirSync(path)
      .filter((file) => file.endsWith(EXTENSION) && !file.startsWith('.'))
      .map((file) => [basename(file, EXTENSION), join(path, file)]);
  } catch (error) {
    report({
      severity: 'error',
      code: 'no-policy',
      message: `cannot read policies from \`${path}\`: ${systemErrorReason(error)}`,
      help: 'name a policy file with `--policy`, or set `policies`',
    });
    return undefined;
  }
}
