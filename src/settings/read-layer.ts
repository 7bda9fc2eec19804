/**
 * Raw settings against the table: unknown names, wrong values, texts turned
 * into what the table says they are. A layer (file, environment, flags) is
 * partial; only what stands inside lists has to be whole.
 */
import { Value } from 'typebox/value';
import type { Report } from '../language/diagnostic.ts';
import { Source, type Span } from '../language/source.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { TEXT_FORMATS } from './formats.ts';
import { type RawValue, splitList } from './raw-value.ts';
import type { SettingSchema } from './setting-rows.ts';

export interface LayerContext {
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly report: Report;
  /** Where each value was written, by its dotted name; later layers overwrite. */
  readonly spans: Map<string, Span>;
}

/** The value that `raw` stands for, without the parts that are wrong; undefined when nothing is left. */
export function readLayer(
  schema: SettingSchema,
  raw: RawValue,
  path: readonly string[],
  context: LayerContext,
  isWhole = false,
): unknown {
  context.spans.set(path.join('.'), raw.span);
  const branch = schema.anyOf === undefined ? schema : branchFor(schema, raw);
  if (branch?.properties !== undefined) return readSection(branch, raw, path, context, isWhole);
  if (branch?.patternProperties !== undefined && raw.kind === 'map')
    return readRecord(branch, raw, path, context);
  if (branch?.type === 'array') return readArray(branch, raw, path, context);
  if (branch === undefined || raw.kind !== 'text') return wrong(schema, raw, path, context);

  const value = fromText(branch, raw.text, context.directory);
  return value === undefined || !Value.Check(branch, value) ? wrong(schema, raw, path, context) : value;
}

function branchFor(schema: SettingSchema, raw: RawValue): SettingSchema | undefined {
  const type = raw.kind === 'map' ? 'object' : 'string';
  return schema.anyOf?.find((branch) => branch.type === type);
}

function readSection(
  schema: SettingSchema,
  raw: RawValue,
  path: readonly string[],
  context: LayerContext,
  isWhole: boolean,
): unknown {
  const properties = schema.properties ?? {};
  if (raw.kind === 'empty' && !isWhole) return {};
  if (raw.kind === 'text' && schema.shorthand !== undefined) {
    const member = properties[schema.shorthand] as SettingSchema;
    const value = readLayer(member, raw, [...path, schema.shorthand], context);
    return value === undefined ? undefined : { [schema.shorthand]: value };
  }
  if (raw.kind !== 'map') return wrong(schema, raw, path, context);

  const result: Record<string, unknown> = {};
  for (const { key, keySpan, value: rawMember } of raw.entries) {
    const member = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (member === undefined) {
      const suggestion = didYouMean(key, Object.keys(properties));
      context.report({
        severity: 'error',
        code: 'unknown-setting',
        message: `unknown setting \`${[...path, key].join('.')}\``,
        span: keySpan,
        help:
          suggestion === undefined
            ? `${path.length === 0 ? 'there are' : `\`${path.join('.')}\` has`} ${Object.keys(properties).join(', ')}`
            : `did you mean \`${suggestion}\`?`,
      });
      continue;
    }
    const value = readLayer(member, rawMember, [...path, key], context);
    if (value !== undefined) result[key] = value;
  }
  if (isWhole) {
    const present = new Set(raw.entries.map((entry) => entry.key));
    for (const key of schema.required ?? []) {
      if (present.has(key)) continue;
      context.report({
        severity: 'error',
        code: 'missing-setting',
        message: `\`${path.join('.')}\` needs \`${key}\``,
        span: raw.span,
        help: properties[key]?.description,
      });
    }
  }
  return result;
}

function readRecord(
  schema: SettingSchema,
  raw: RawValue & { kind: 'map' },
  path: readonly string[],
  context: LayerContext,
): unknown {
  const member = Object.values(schema.patternProperties ?? {})[0] as SettingSchema;
  const result: Record<string, unknown> = {};
  for (const entry of raw.entries) {
    if (schema.names !== undefined && !Value.Check(schema.names, entry.key)) {
      wrong(schema.names, { kind: 'text', text: entry.key, span: entry.keySpan }, path, context);
      continue;
    }
    const value = readLayer(member, entry.value, [...path, entry.key], context);
    if (value !== undefined) result[entry.key] = value;
  }
  return result;
}

function readArray(
  schema: SettingSchema,
  raw: RawValue,
  path: readonly string[],
  context: LayerContext,
): unknown {
  if (raw.kind !== 'list' && raw.kind !== 'text') return wrong(schema, raw, path, context);
  const items = raw.kind === 'list' ? raw.items : splitList(raw);
  if (items.length < (schema.minItems ?? 0)) return wrong(schema, raw, path, context);
  const member = schema.items as SettingSchema;
  return items
    .map((item, index) => readLayer(member, item, [...path, String(index)], context, true))
    .filter((value) => value !== undefined);
}

function fromText(schema: SettingSchema, text: string, directory: string): unknown {
  if (schema.type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (schema.type === 'boolean') {
    if (text === 'true' || text === 'yes') return true;
    return text === 'false' || text === 'no' ? false : undefined;
  }
  const format = schema.format === undefined ? undefined : TEXT_FORMATS[schema.format];
  return format === undefined ? text : format.complete(text, directory);
}

function wrong(
  schema: SettingSchema,
  raw: RawValue,
  path: readonly string[],
  context: LayerContext,
): undefined {
  const isSecret = schema.secret === true && raw.kind !== 'empty';
  const text = raw.kind === 'text' && !isSecret ? `, not \`${raw.text}\`` : '';
  const found = raw.kind === 'empty' ? ', but has no value' : text;
  context.report({
    severity: 'error',
    code: 'invalid-setting',
    message: `${path.length === 0 ? 'the settings' : `\`${path.join('.')}\``} must be ${expectation(schema)}${found}`,
    span: isSecret ? blotted(raw.span) : raw.span,
  });
  return undefined;
}

/** The same place in a text that does not tell what stands there. */
function blotted({ source, start, end }: Span): Span {
  const hidden = source.text.slice(start, end).replace(/[^\n]/g, '*');
  const text = source.text.slice(0, start) + hidden + source.text.slice(end);
  return new Source(source.file, text).span(start, end);
}

function expectation(schema: SettingSchema): string {
  if (schema.expected !== undefined) return schema.expected;
  if (schema.enum !== undefined) {
    return `one of ${schema.enum.map((value) => `\`${value}\``).join(', ')}`;
  }
  if (schema.format !== undefined) return TEXT_FORMATS[schema.format]?.expected ?? 'a text';
  switch (schema.type) {
    case 'integer':
      return `a whole number from ${schema.minimum} to ${schema.maximum}`;
    case 'boolean':
      return '`yes` or `no`';
    case 'array':
      return schema.items?.format === undefined
        ? `a list${schema.minItems ? ' with at least one member' : ''}`
        : `a list, each member ${expectation(schema.items)}`;
    case 'object':
      return 'a group of settings';
    default:
      return 'a text';
  }
}
