/**
 * Requests are held against the schema of their route, and nothing of them is
 * coerced or dropped. What stands in an address is text, though: where a query
 * parameter is a number or a boolean, its one plain text form is read as such.
 */
import { Compile } from 'typebox/schema';
import type { FieldProblem } from './problem.ts';
import { fieldProblem } from './problem.ts';

/** The part of JSON Schema that is read here. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** What a person is told it should be. */
  readonly expected?: string;
  readonly [keyword: string]: unknown;
}

/** What validation found: typebox stops at eight. */
export class InvalidRequest extends Error {
  readonly errors: readonly FieldProblem[];

  constructor(errors: readonly FieldProblem[]) {
    super('the request is not valid');
    this.errors = errors;
  }
}

type Validation = (value: unknown) => { value: unknown } | { error: InvalidRequest };

interface Found {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Fastify's validator compiler. Schemas are compiled when they are first needed. */
export function compileValidation({
  schema,
  httpPart,
}: {
  schema: unknown;
  httpPart?: string | undefined;
}): Validation {
  const part = httpPart ?? 'body';
  let validator: ReturnType<typeof Compile> | undefined;
  return (given) => {
    validator ??= Compile(schema as object);
    const value = part === 'querystring' ? readQuery(schema as Schema, given) : given;
    if (validator.Check(value)) return { value };
    const [, found] = validator.Errors(value);
    return { error: new InvalidRequest(problemsOf(found as Found[], part, schema as Schema, value)) };
  };
}

function readQuery(schema: Schema, query: unknown): unknown {
  const read: Record<string, unknown> = { ...(query as Record<string, unknown>) };
  for (const [name, { type }] of Object.entries(schema.properties ?? {})) {
    const text = read[name];
    if (typeof text !== 'string') continue;
    if (type === 'integer' && /^(?:0|-?[1-9][0-9]{0,15})$/.test(text)) read[name] = Number(text);
    if (type === 'boolean' && (text === 'true' || text === 'false')) read[name] = text === 'true';
  }
  return read;
}

function problemsOf(found: readonly Found[], part: string, schema: Schema, value: unknown): FieldProblem[] {
  const problems = new Map<string, FieldProblem>();
  for (const { keyword, schemaPath, instancePath, message, params } of found) {
    const names = (params as { requiredProperties?: string[]; additionalProperties?: string[] }) ?? {};
    for (const name of names.requiredProperties ?? names.additionalProperties ?? [undefined]) {
      const path = name === undefined ? instancePath : `${instancePath}/${escaped(name)}`;
      const expected = expectedOf(keyword, saidBy(schema, schemaPath), params, message);
      const field = `${part}${cut(path)}`;
      if (!problems.has(field)) problems.set(field, fieldProblem(field, at(value, path), expected));
      if (problems.size >= MAX_PROBLEMS) return [...problems.values()];
    }
  }
  return [...problems.values()];
}

/** What the outermost of the schemas on the way to the one that failed says was expected: a union says it for its parts. */
function saidBy(schema: Schema, schemaPath: string): string | undefined {
  const steps = schemaPath.split('/').slice(1);
  for (let taken = 0; taken <= steps.length; taken++) {
    const on = at(schema, ['', ...steps.slice(0, taken)].join('/')) as Schema | undefined;
    if (typeof on?.expected === 'string') return on.expected;
  }
  return undefined;
}

function expectedOf(keyword: string, expected: string | undefined, params: object, message: string): string {
  // `additionalProperties: false` says it twice: of each field, and then, if there are not too many, of all.
  if (keyword === 'additionalProperties' || keyword === 'boolean')
    return 'nothing: there is no such field here';
  if (keyword === 'required') return 'a value: this field is needed';
  if (expected !== undefined) return expected;
  const { allowedValues, allowedValue } = params as { allowedValues?: unknown[]; allowedValue?: unknown };
  if (Array.isArray(allowedValues))
    return `one of ${allowedValues.map((each) => JSON.stringify(each)).join(', ')}`;
  if (keyword === 'const') return JSON.stringify(allowedValue);
  return message
    .replace(/^must (?:be )?/, '')
    .replace(/^not have fewer than /, 'at least ')
    .replace(/^not have more than /, 'at most ');
}

/** What a JSON pointer points to. */
function at(value: unknown, pointer: string): unknown {
  let found = value;
  for (const step of pointer.split('/').slice(1)) {
    if (typeof found !== 'object' || found === null) return undefined;
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

const MAX_PATH_LENGTH = 200;
/** Of one request that are told. */
const MAX_PROBLEMS = 100;

function cut(path: string): string {
  return path.length <= MAX_PATH_LENGTH ? path : `${path.slice(0, MAX_PATH_LENGTH)}…`;
}
