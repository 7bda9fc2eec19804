/**
 * The table of settings, row by row: what the environment, the flags, the help
 * and the reference page go through.
 */
import { SETTINGS } from './settings.ts';

/** The parts of JSON Schema, and our own options, that the table uses. */
export interface SettingSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly patternProperties?: Readonly<Record<string, SettingSchema>>;
  readonly required?: readonly string[] | undefined;
  readonly items?: SettingSchema;
  readonly anyOf?: readonly SettingSchema[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly flag?: string;
  readonly shorthand?: string;
  readonly expected?: string;
  readonly secret?: boolean;
  readonly names?: SettingSchema;
}

export interface SettingRow {
  /** `['dns', 'timeout_ms']` */
  readonly path: readonly string[];
  /** `dns.timeout_ms` */
  readonly name: string;
  /** `POSTWARD_DNS__TIMEOUT_MS` */
  readonly environmentName: string;
  /** `--dns <server...>`, if it has one. */
  readonly flag: string | undefined;
  readonly description: string;
  readonly schema: SettingSchema;
}

const TABLE: SettingSchema = SETTINGS;

/** Every setting that can be set from one place, in the order of the table. */
export const SETTING_ROWS: readonly SettingRow[] = Object.freeze(rowsOf(TABLE, []));

function rowsOf(schema: SettingSchema, path: readonly string[]): SettingRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, member]) => {
    const here = [...path, key];
    if (member.properties !== undefined) return rowsOf(member, here);
    return [
      {
        path: here,
        name: here.join('.'),
        environmentName: `POSTWARD_${here.join('__').toUpperCase()}`,
        flag: member.flag,
        description: member.description ?? '',
        schema: member,
      },
    ];
  });
}
