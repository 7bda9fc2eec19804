/**
 * `Idempotency-Key`: a client that got no answer may send its POST again under
 * the same key, and gets the answer that it missed; nothing is done twice
 * (draft-ietf-httpapi-idempotency-key-header).
 *
 * Answers are remembered in memory, for an hour, each client's by itself, in
 * bounded number and size. A restart forgets them: what is sent again then is
 * done again, which for lists comes to the same.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fieldProblem, ProblemError } from './problem.ts';
import type { AdminInstance } from './server.ts';

export const IDEMPOTENCY_HEADER = 'idempotency-key';

const FORM = /^[!-~]{1,200}$/;
const KEEP_MS = 3_600_000;
const MAX_KEPT = 10_000;
/** Of all answers together. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Kept {
  readonly request: string;
  readonly untilMs: number;
  /** undefined while the first request runs. */
  answer: { readonly status: number; readonly type: string; readonly body: string | undefined } | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    idempotency: { readonly name: string; readonly kept: Kept } | undefined;
  }
}

export function addIdempotency(server: AdminInstance, now: () => number = () => performance.now()): void {
  const kept = new Map<string, Kept>();
  let bytes = 0;
  const forget = (name: string): void => {
    bytes -= kept.get(name)?.answer?.body?.length ?? 0;
    kept.delete(name);
  };

  server.decorateRequest('idempotency', undefined);

  server.addHook('preHandler', async (request, reply) => {
    const key = request.headers[IDEMPOTENCY_HEADER];
    if (key === undefined) return undefined;
    if (request.method !== 'POST') {
      throw mistake(400, 'Idempotency-Key is for POST; other methods need none', key, 'nothing');
    }
    if (typeof key !== 'string' || !FORM.test(key)) {
      throw mistake(400, 'the Idempotency-Key makes no sense', key, '1 to 200 visible ASCII characters');
    }
    const name = `${request.principal?.key} ${key}`;
    const digest = digestOf(request);
    const known = kept.get(name);
    if (known !== undefined && (known.untilMs > now() || known.answer === undefined)) {
      return repeat(known, digest, key, reply);
    }
    forget(name);
    while (kept.size >= MAX_KEPT || bytes > MAX_BYTES) {
      const oldest = kept.keys().next().value;
      if (oldest === undefined) break;
      forget(oldest);
    }
    const fresh: Kept = { request: digest, untilMs: now() + KEEP_MS, answer: undefined };
    kept.set(name, fresh);
    request.idempotency = { name, kept: fresh };
    return undefined;
  });

  server.addHook('onSend', async (request, reply, payload) => {
    const mine = request.idempotency;
    if (mine === undefined || kept.get(mine.name) !== mine.kept) return payload;
    // What went wrong on our side, or was too much for now, may be tried again.
    if (reply.statusCode >= 500 || reply.statusCode === 429) {
      forget(mine.name);
      return payload;
    }
    // A refusal holds no secret.
    const isSecret = request.routeOptions.config.isSecret === true && reply.statusCode < 400;
    const body = isSecret || typeof payload !== 'string' ? undefined : payload;
    mine.kept.answer = {
      status: reply.statusCode,
      type: String(reply.getHeader('content-type') ?? ''),
      body,
    };
    bytes += body?.length ?? 0;
    return payload;
  });

  // A client that went away before its answer was ready.
  server.addHook('onResponse', async ({ idempotency }) => {
    if (idempotency !== undefined && idempotency.kept.answer === undefined) forget(idempotency.name);
  });
}

function repeat({ request, answer }: Kept, digest: string, key: string, reply: FastifyReply): FastifyReply {
  if (request !== digest) {
    throw mistake(422, 'another request was made with this Idempotency-Key', key, 'a key of its own');
  }
  if (answer === undefined) {
    throw mistake(409, 'the request with this Idempotency-Key is still running', key, 'the same in a moment');
  }
  if (answer.body === undefined) {
    const detail = 'this has been done already, and its answer held a secret that is shown only once';
    throw mistake(409, detail, key, 'a key of its own, to do it once more');
  }
  return reply
    .code(answer.status)
    .header('idempotency-replayed', 'true')
    .type(answer.type)
    .send(rawJson(answer.body));
}

function mistake(status: number, detail: string, key: unknown, expected: string): ProblemError {
  return new ProblemError(status, detail, [fieldProblem(`headers/${IDEMPOTENCY_HEADER}`, key, expected)]);
}

/** Already in the form in which it is sent. */
function rawJson(body: string): Buffer {
  return Buffer.from(body);
}

function digestOf({ method, url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(`${method} ${url}\n${JSON.stringify(body) ?? ''}`)
    .digest('base64');
}
