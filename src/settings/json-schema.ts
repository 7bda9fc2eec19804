/**
 * The table of settings as a JSON Schema for editors; published as
 * config/postward.schema.json. It says what the loader takes: a plain text for
 * a list or for a group with a shorthand, and no more names than there are.
 */
import type { SettingSchema } from './setting-rows.ts';
import { SETTINGS } from './settings.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

export function settingsJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Settings of Postward',
    ...convert(SETTINGS),
  };
}

function convert(schema: SettingSchema): JsonSchema {
  const { description, default: fallback, pattern, minimum, maximum, minItems } = schema;
  const common = defined({ description, default: fallback });
  if (schema.anyOf !== undefined) return { ...common, anyOf: schema.anyOf.map(convert) };
  if (schema.enum !== undefined) return { ...common, enum: schema.enum };
  if (schema.type === 'array') {
    const list = { type: 'array', ...defined({ minItems }), items: convert(schema.items ?? {}) };
    return { ...common, anyOf: [list, { type: 'string' }] };
  }
  if (schema.patternProperties !== undefined) {
    const member = Object.values(schema.patternProperties)[0] ?? {};
    return {
      ...common,
      type: 'object',
      propertyNames: { pattern: schema.names?.pattern },
      additionalProperties: convert(member),
    };
  }
  if (schema.properties !== undefined) {
    const required = (schema.required ?? []).filter((key) => {
      const member = schema.properties?.[key];
      return member?.default === undefined && member?.properties === undefined;
    });
    const section = {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([key, member]) => [key, convert(member)]),
      ),
      ...(required.length === 0 || schema.shorthand === undefined ? {} : { required }),
    };
    return schema.shorthand === undefined
      ? { ...common, ...section }
      : { ...common, anyOf: [section, convert(schema.properties[schema.shorthand] ?? {})] };
  }
  return { ...common, ...defined({ type: schema.type, pattern, minimum, maximum }) };
}

function defined(members: Record<string, unknown>): JsonSchema {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
