/**
 * Errors of the admin API as problem details, RFC 9457. A problem tells the
 * caller what was wrong with the request; of our own faults it tells only that
 * there was one.
 */
import { STATUS_CODES } from 'node:http';

export const PROBLEM_TYPE = 'application/problem+json';

export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** What was wrong with single values of the request. */
  readonly errors?: readonly FieldProblem[];
}

export interface FieldProblem {
  /** `body`, `querystring`, `params` or `headers`, then the path: `body/action`. */
  readonly field: string;
  readonly message: string;
}

export function problem(status: number, detail?: string, errors?: readonly FieldProblem[]): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
  };
}
