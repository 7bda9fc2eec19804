/**
 * Where settings come from beside their defaults: the settings file, the
 * environment (`POSTWARD_DNS__TIMEOUT_MS`, or `…_FILE` naming a file that
 * holds the value) and the flags of the command line.
 */
import { readFileSync } from 'node:fs';
import type { Report } from '../language/diagnostic.ts';
import { Source } from '../language/source.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { systemErrorReason } from '../util/system-error.ts';
import { type RawValue, rawAt, rawText } from './raw-value.ts';
import { SETTING_ROWS, type SettingRow } from './setting-rows.ts';
import { parseYaml } from './yaml.ts';

const MAX_FILE_BYTES = 1_048_576;
const PREFIX = 'POSTWARD_';

/** Names with the prefix that are not settings: where the settings file is, and where and by which tokens the admin API is asked. */
export const CONFIG_VARIABLE = 'POSTWARD_CONFIG';
const OTHER_VARIABLES = new Set([
  CONFIG_VARIABLE,
  'POSTWARD_ADMIN_TOKEN',
  'POSTWARD_ADMIN_TOKEN_FILE',
  'POSTWARD_API',
  'POSTWARD_TOKEN',
]);

/** Flags as given, by the dotted name of their setting. */
export type SettingFlags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** undefined when the file cannot be read or is not YAML. */
export function fileLayer(file: string, report: Report): RawValue | undefined {
  const text = readText(file, 'settings file', report);
  return text === undefined ? undefined : parseYaml(new Source(file, text), report);
}

export function environmentLayers(
  environment: Readonly<Record<string, string | undefined>>,
  report: Report,
): RawValue[] {
  const byName = new Map(SETTING_ROWS.map((row) => [row.environmentName, row]));
  const layers: RawValue[] = [];
  for (const name of Object.keys(environment).sort()) {
    const text = environment[name];
    // Set but empty is how compose files and service units say "not set".
    if (!name.startsWith(PREFIX) || OTHER_VARIABLES.has(name) || text === undefined || text === '') continue;
    const row = byName.get(name) ?? byName.get(name.replace(/_FILE$/, ''));
    if (row === undefined) {
      const suggestion = didYouMean(name, [...byName.keys()]);
      report({
        severity: 'warning',
        code: 'unknown-setting',
        message: `the environment variable \`${name}\` sets nothing`,
        ...(suggestion === undefined ? {} : { help: `did you mean \`${suggestion}\`?` }),
      });
      continue;
    }
    const value = byName.has(name) ? text : readText(text, `file of \`${name}\``, report)?.trim();
    if (value === undefined) continue;
    const raw = structured(row, name, value, report);
    if (raw !== undefined) layers.push(rawAt(row.path, raw));
  }
  return layers;
}

export function flagLayers(flags: SettingFlags): RawValue[] {
  return SETTING_ROWS.flatMap((row) => {
    const given = flags[row.name];
    if (given === undefined || row.flag === undefined) return [];
    const origin = row.flag.split(' ', 1)[0] ?? row.flag;
    if (typeof given === 'object') {
      const items = given.map((text) => rawText(origin, text));
      const span = items[0]?.span ?? new Source(origin, '').span(0, 0);
      return [rawAt(row.path, { kind: 'list', items, span })];
    }
    return [rawAt(row.path, rawText(origin, String(given)))];
  });
}

/** Lists and maps may be given as YAML in brackets: `[{address: unix:/run/p, policy: mx}]`. */
function structured(row: SettingRow, name: string, text: string, report: Report): RawValue | undefined {
  const { type, anyOf, patternProperties } = row.schema;
  const mayBeYaml = type === 'array' || anyOf !== undefined || patternProperties !== undefined;
  return mayBeYaml && /^\[.*\]$|^\{.*\}$/s.test(text)
    ? parseYaml(new Source(name, text), report)
    : rawText(name, text);
}

function readText(file: string, what: string, report: Report): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length <= MAX_FILE_BYTES) return text;
    report({
      severity: 'error',
      code: 'settings-file',
      message: `the ${what} \`${file}\` is larger than 1 MiB`,
      help: 'name a file that holds settings and nothing else',
    });
  } catch (error) {
    report({
      severity: 'error',
      code: 'settings-file',
      message: `cannot read the ${what} \`${file}\`: ${systemErrorReason(error)}`,
      help: 'check the path, and that the user Postward runs as may read it',
    });
  }
  return undefined;
}
