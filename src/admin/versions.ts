/**
 * Versions of lists and entries as entity tags (RFC 9110 §8.8.3, §13.1):
 * `If-Match: "VERSION"` or `*`, `If-None-Match: *`.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EditCondition } from '../lists/edit.ts';
import { fieldProblem, ProblemError } from './problem.ts';

const TAG = /^"([!#-~]{1,100})"$/;

export function entityTag(version: string): string {
  return `"${version}"`;
}

/**
 * What must be so for a change to be made.
 *
 * @throws ProblemError for headers that cannot be heeded
 */
export function editCondition({ headers }: FastifyRequest): EditCondition | undefined {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (match !== undefined && noneMatch !== undefined) {
    throw new ProblemError(400, 'If-Match and If-None-Match cannot both hold', [
      fieldProblem('headers/if-none-match', noneMatch, 'nothing beside If-Match'),
    ]);
  }
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === '*') return { is: 'absent' };
    throw mistake('if-none-match', noneMatch, '`*`: only if there is none yet');
  }
  if (match === undefined) return undefined;
  if (match.trim() === '*') return { is: 'present' };
  const version = TAG.exec(match.trim())?.[1];
  if (version === undefined) {
    throw mistake('if-match', match, 'one version in quotes, as ETag gave it, or `*`: only if there is one');
  }
  return { is: 'version', version };
}

/** Whether the caller has this version already; then there is nothing to send. */
export function isUnchanged({ headers }: FastifyRequest, version: string): boolean {
  const tags = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags?.some((tag) => tag === '*' || tag === entityTag(version)) ?? false;
}

export function sendTag(reply: FastifyReply, version: string): void {
  reply.header('etag', entityTag(version));
}

function mistake(header: string, value: string, expected: string): ProblemError {
  return new ProblemError(400, `${header} makes no sense`, [
    fieldProblem(`headers/${header}`, value, expected),
  ]);
}
