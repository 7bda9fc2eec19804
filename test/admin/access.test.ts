/**
 * No operation of the API is reachable without what it needs: every one that
 * /openapi.json names is asked with no token, wrong ones, one that is over, one
 * that is revoked, and ones whose scopes are too small; and every route that
 * the server has is one that /openapi.json names.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/admin/auth/scope.ts';
import { ApiDaemon } from './api-daemon.ts';

interface Probe {
  readonly method: string;
  readonly path: string;
  readonly scopes: readonly string[];
}

let daemon: ApiDaemon;
let probes: Probe[];

beforeAll(async () => {
  daemon = await ApiDaemon.start({ settings: { ADMIN__METRICS: 'token', ADMIN__REQUESTS_PER_MINUTE: '0' } });
  probes = Object.entries(daemon.description.paths).flatMap(([pattern, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: pattern.replace(/\{[^}]+\}/g, '0'),
      scopes: operation['x-scopes'] ?? [],
    })),
  );
});
afterAll(() => daemon.stop());

let made = 0;
/** A token of a name of its own, also when a test is tried again. */
async function tokenWith(body: object): Promise<{ id: string; token: string }> {
  return (await daemon.ask('POST', '/v1/tokens', { body: { ...body, name: `token ${++made}` } })).json;
}

async function statuses(
  token: string | null,
  chosen: (probe: Probe) => boolean,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { method, path } of probes.filter(chosen)) {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(daemon.url + path, { method, headers });
    await answer.body?.cancel();
    found.set(`${method} ${path}`, answer.status);
  }
  return found;
}

const isClosed = ({ scopes }: Probe): boolean => scopes.length > 0;

test('only these are open to everybody', () => {
  const open = probes.filter((probe) => !isClosed(probe)).map(({ path }) => path);
  expect(open.sort()).toEqual(['/healthz', '/openapi.json', '/readyz']);
  expect(probes.filter(isClosed).length).toBeGreaterThan(25);
});

describe('every other operation answers 401', () => {
  test('without a token', async () => {
    expect(new Set((await statuses(null, isClosed)).values())).toEqual(new Set([401]));
  });

  test('with a wrong one', async () => {
    const { token } = await tokenWith({ scopes: ['admin'] });
    for (const wrong of [
      'x',
      token.slice(0, -1),
      `${token.slice(0, 16)}${'A'.repeat(43)}`,
      token.toUpperCase(),
    ]) {
      expect(new Set((await statuses(wrong, isClosed)).values())).toEqual(new Set([401]));
    }
  });

  test('with one that is over, or revoked', async () => {
    const short = await tokenWith({
      scopes: ['admin'],
      expires_at: new Date(Date.now() + 300).toISOString(),
    });
    const revoked = await tokenWith({ scopes: ['admin'] });
    await daemon.ask('DELETE', `/v1/tokens/${revoked.id}`);
    await sleep(350);
    expect(new Set((await statuses(short.token, isClosed)).values())).toEqual(new Set([401]));
    expect(new Set((await statuses(revoked.token, isClosed)).values())).toEqual(new Set([401]));
  });
});

test.each(SCOPES)(
  'a token with the scope %s alone gets where that is enough, and 403 elsewhere',
  async (scope) => {
    const { token } = await tokenWith({ scopes: [scope] });
    const enough = ({ scopes }: Probe): boolean => scopes.includes(scope);
    const refused = await statuses(token, (probe) => isClosed(probe) && !enough(probe));
    expect([...refused.values()].filter((status) => status !== 403)).toEqual([]);
    const allowed = await statuses(token, (probe) => isClosed(probe) && enough(probe));
    expect([...allowed].filter(([, status]) => status === 401 || status === 403)).toEqual([]);
    expect(allowed.size).toBeGreaterThan(3);
  },
);

test('a token that may not is told which scopes would do, each once', async () => {
  const { token } = await tokenWith({ scopes: ['lists'] });
  const detail = async (path: string) => (await daemon.ask('GET', path, { token })).json.detail;
  expect(await detail('/v1/audit')).toBe('the token needs the scope admin');
  expect(await detail('/v1/policies')).toBe('the token needs one of the scopes read, policies, admin');
});

test('a token that is held to lists gets nowhere but to lists', async () => {
  const { token } = await tokenWith({ scopes: ['read', 'lists'], lists: ['mine'] });
  const found = await statuses(token, ({ scopes }) => scopes.includes('read') || scopes.includes('lists'));
  const through = [...found].filter(([, status]) => status !== 403).map(([probe]) => probe);
  expect(through.sort()).toEqual(['GET /v1/lists', 'GET /v1/lists/match', 'GET /v1/me']);
});

test('no route hides from the description but those of the page that shows it', () => {
  const admin = join(import.meta.dirname, '../../src/admin');
  const hiding = readdirSync(admin, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => /\bhide: true\b/.test(readFileSync(join(admin, path), 'utf8')));
  expect(hiding).toEqual(['routes/docs-routes.ts']);
});
