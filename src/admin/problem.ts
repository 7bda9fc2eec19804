/**
 * Errors of the admin API as problem details, RFC 9457. A problem tells the
 * caller what was wrong with the request; of our own faults it tells only that
 * there was one.
 */
import { STATUS_CODES } from 'node:http';
import { Type } from 'typebox';
import { MAX_JSON_DEPTH } from '../util/json-depth.ts';
import { utf8Text } from '../util/utf8.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** A value of a request as a problem shows it: enough to know it by. */
const MAX_VALUE_LENGTH = 200;
/** The same of a field's name that a request made up. */
const MAX_FIELD_LENGTH = 100;
/** Of a sentence. What is quoted in it is cut before; this is for what comes from elsewhere. */
const MAX_SENTENCE_LENGTH = 1000;

export interface FieldProblem {
  /** `body`, `querystring`, `params` or `headers`, then the path: `body/action`. */
  readonly field: string;
  /** What stood there; left out when nothing did. */
  readonly value?: string;
  /** What should have. */
  readonly expected: string;
}

export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** What was wrong with single values of the request. */
  readonly errors?: readonly FieldProblem[];
}

/** For the API's description. */
export const PROBLEM_SCHEMA = Type.Object(
  {
    type: Type.Literal('about:blank'),
    title: Type.String({ description: 'The status in words.' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.Optional(Type.String({ description: 'What was wrong, for people.' })),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            field: Type.String({
              description: 'Where: `body/action`, `querystring/limit`, `headers/if-match`.',
            }),
            value: Type.Optional(Type.String({ description: 'What stood there, cut if it was long.' })),
            expected: Type.String({ description: 'What should have.' }),
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { description: 'What was wrong with a request, RFC 9457.' },
);

export function problem(status: number, detail?: string, errors?: readonly FieldProblem[]): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail === undefined ? {} : { detail: cutSentence(detail) }),
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Thrown by routes: the request cannot be served, and why. */
export class ProblemError extends Error {
  readonly statusCode: number;
  readonly errors: readonly FieldProblem[] | undefined;
  /** Members beside those of every problem: `diagnostics`, say. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    statusCode: number,
    detail: string,
    errors?: readonly FieldProblem[],
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.statusCode = statusCode;
    this.errors = errors;
    this.members = members;
  }
}

/** Too much of the kind is being done: the same request can be served in a moment. */
export class BusyError extends ProblemError {
  readonly retryAfterSeconds = 5;

  constructor(detail: string) {
    super(503, detail);
  }
}

/** A value as a problem shows it. */
export function shownValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return cut(text, MAX_VALUE_LENGTH);
}

/** A message of a part that does not know how long an answer may be. */
export function cutSentence(text: string): string {
  return cut(text, MAX_SENTENCE_LENGTH);
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

export function fieldProblem(field: string, value: unknown, said: string): FieldProblem {
  const expected = cutSentence(said);
  return value === undefined ? { field, expected } : { field, value: shownValue(value), expected };
}

/** A JSON text with levels without end. */
export function depthProblem(place: string): ProblemError {
  return new ProblemError(400, 'the request is not valid', [
    fieldProblem(place, undefined, `JSON of at most ${MAX_JSON_DEPTH} levels, and this has more`),
  ]);
}

/** The text of a body, or what is wrong with its bytes. */
export function bodyText(body: Buffer): string | ProblemError {
  const text = utf8Text(body);
  if (typeof text === 'string') return text;
  return new ProblemError(400, 'the request is not valid', [
    fieldProblem(`body/line ${text.line}`, undefined, 'text in UTF-8'),
  ]);
}

/** A body that is no JSON, or has the one field that no object should get. */
export function noJsonProblem(body: string): ProblemError {
  return new ProblemError(400, 'the request is not valid', [
    fieldProblem('body', body, 'JSON, and no field in it called `__proto__`'),
  ]);
}

/** An object of a JSON text that has a field twice: which of them was meant? */
export function repeatedFieldProblem(place: string, field: string): ProblemError {
  return new ProblemError(400, 'the request is not valid', [
    fieldProblem(`${place}/${field.slice(0, MAX_FIELD_LENGTH)}`, undefined, 'this field once in its object'),
  ]);
}
