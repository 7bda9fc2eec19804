/**
 * Requests are text in UTF-8, sent as it is. One that says it is coded
 * otherwise is refused and not read as something else, and so is an address
 * with a percent sign that stands for no byte of such a text.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fieldProblem, ProblemError } from './problem.ts';

/** What is expected of an address. */
export const PERCENT_ENCODED = 'UTF-8, percent-encoded; a percent sign itself is `%25`';

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

/** Holds for all routes registered from now on; before a body is read. */
export function refuseOtherCodings(server: FastifyInstance): void {
  server.addHook('preParsing', async (request) => {
    if (request.is404 || request.routeOptions.config.isLenient === true) return;
    refuseBodyCodings(request);
    refuseBadQuery(request);
  });
}

function refuseBodyCodings({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new ProblemError(415, 'the body is compressed or coded', [
      fieldProblem('headers/content-encoding', coding, 'nothing: a body is sent as it is'),
    ]);
  }
  const type = headers['content-type'];
  const charset = CHARSET.exec(type ?? '')?.[1];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) {
    throw new ProblemError(415, 'the body is in another charset', [
      fieldProblem('headers/content-type', type, 'text in UTF-8'),
    ]);
  }
}

/** The query is read leniently: what cannot be decoded would be taken as it stands. */
function refuseBadQuery({ url }: FastifyRequest): void {
  const start = url.indexOf('?');
  if (start === -1 || !url.includes('%', start)) return;
  for (const part of url.slice(start + 1).split('&')) {
    if (isEncoded(part)) continue;
    const [name = '', ...value] = part.split('=');
    const field = isEncoded(name) ? `querystring/${decodeURIComponent(name)}` : 'querystring';
    throw new ProblemError(400, 'the request is not valid', [
      fieldProblem(field, value.join('='), PERCENT_ENCODED),
    ]);
  }
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
