import { connect } from 'node:net';
import { Type } from 'typebox';
import { afterEach, describe, expect, test } from 'vitest';
import type { Denial } from '../../src/admin/auth/guard.ts';
import type { Principal } from '../../src/admin/auth/principal.ts';
import type { HealthCheck } from '../../src/admin/health.ts';
import { healthRoutes } from '../../src/admin/routes/health-routes.ts';
import { metricsRoutes } from '../../src/admin/routes/metrics-routes.ts';
import {
  type AdminFault,
  type AdminInstance,
  createAdminServer,
  type Routes,
} from '../../src/admin/server.ts';

let server: AdminInstance;
const faults: AdminFault[] = [];
const denials: Denial[] = [];

afterEach(async () => {
  faults.length = 0;
  denials.length = 0;
  await server.close();
});

const READER: Principal = {
  actor: 'token:1 (reader)',
  key: 'token:1',
  scopes: ['read'],
  lists: undefined,
  tokenId: '1',
};

async function start(...routes: Routes[]): Promise<AdminInstance> {
  server = await createAdminServer({
    routes,
    version: '1',
    guard: {
      identify: (token) => (token === 'reader' ? READER : undefined),
      isLocal: () => false,
      hosts: new Set(['mx.example']),
      onDenial: (denial) => denials.push(denial),
    },
    limits: { bodyBytes: 1_048_576, requestsPerMinute: 100 },
    isBehindProxy: false,
    onFault: (fault) => faults.push(fault),
  });
  return server;
}

describe('health', () => {
  const check = (name: string, status: HealthCheck['status']): HealthCheck => ({
    name,
    status,
    reason: 'so',
  });

  test('alive', async () => {
    const answer = await (await start(healthRoutes({ checks: () => [] }, '1'))).inject('/healthz');
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'pass' }]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test.each([
    [[], 200, 'pass'],
    [[check('policies', 'pass'), check('reload', 'warn')], 200, 'warn'],
    [[check('policies', 'fail'), check('reload', 'warn')], 503, 'fail'],
  ] as const)('ready, with reasons: %j', async (checks, code, status) => {
    const answer = await (await start(healthRoutes({ checks: () => checks }, '1.2.3'))).inject('/readyz');
    expect(answer.statusCode).toBe(code);
    expect(answer.json()).toEqual({ status, version: '1.2.3', checks });
  });
});

test('metrics are passed on as they are', async () => {
  const metrics = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    exposition: async () => 'a 1\n',
  };
  const answer = await (await start(metricsRoutes(metrics))).inject('/metrics');
  expect([answer.statusCode, answer.body]).toEqual([200, 'a 1\n']);
  expect(answer.headers['content-type']).toBe(metrics.contentType);
});

describe('errors are problem details', () => {
  const open = { access: 'open' } as const;

  test('of addresses where nothing is', async () => {
    const answer = await (await start()).inject('/nothing');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is nothing at this address',
    });
  });

  test('of methods that an address does not have', async () => {
    await start((routes) => {
      routes.get('/things/:name', { config: open }, async () => ({}));
      routes.put('/things/:name', { config: open }, async () => ({}));
      routes.post('/bare', { config: open }, async () => ({}));
    });
    const post = await server.inject({ method: 'POST', url: '/things/a?b=c', payload: 'no JSON' });
    expect([post.statusCode, post.headers['allow'], post.json().detail]).toEqual([
      405,
      'GET, HEAD, PUT',
      'this address takes GET, HEAD, PUT, not POST',
    ]);
    expect(post.headers['content-type']).toMatch(/^application\/problem\+json/);
    const get = await server.inject('/bare');
    expect([get.statusCode, get.headers['allow']]).toEqual([405, 'POST']);
    expect((await server.inject({ method: 'HEAD', url: '/things/a' })).statusCode).toBe(200);
    expect((await server.inject({ method: 'OPTIONS', url: '/bare' })).statusCode).toBe(405);
  });

  test('of our own faults, which are reported but not told', async () => {
    const answer = await (
      await start((routes) => {
        routes.get('/broken/:name', { config: open }, async () => {
          throw new Error('secret');
        });
      })
    ).inject('/broken/x');
    expect([answer.statusCode, answer.json()]).toEqual([
      500,
      { type: 'about:blank', title: 'Internal Server Error', status: 500 },
    ]);
    expect(answer.body).not.toContain('secret');
    expect(faults).toMatchObject([{ method: 'GET', route: '/broken/:name', error: { message: 'secret' } }]);
  });

  test('of values, each with its field; nothing is coerced or dropped', async () => {
    const body = Type.Object(
      {
        count: Type.Integer(),
        colour: Type.Enum(['red', 'green']),
        name: Type.String({ pattern: '^[a-z]+$', expected: 'small letters' }),
      },
      { additionalProperties: false },
    );
    await start((routes) => {
      routes.post('/things', { config: open, schema: { body } }, async () => ({}));
    });
    const payload = { count: '5', 'a/b': 1, name: 'X'.repeat(300) };
    const answer = await server.inject({ method: 'POST', url: '/things', payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toEqual([
      { field: 'body/colour', expected: 'a value: this field is needed' },
      { field: 'body/a~1b', value: '1', expected: 'nothing: there is no such field here' },
      { field: 'body/count', value: '5', expected: 'integer' },
      { field: 'body/name', value: `${'X'.repeat(200)}…`, expected: 'small letters' },
    ]);
  });

  test('of more unknown fields than validation tells of', async () => {
    await start((routes) => {
      const body = Type.Object({}, { additionalProperties: false });
      routes.post('/things', { config: open, schema: { body } }, async () => ({}));
    });
    const payload = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`field${at}`, at]));
    const answer = await server.inject({ method: 'POST', url: '/things', payload });
    expect(answer.json().errors[0]).toEqual({
      field: 'body/field0',
      value: '0',
      expected: 'nothing: there is no such field here',
    });
    expect(answer.payload.length).toBeLessThan(20_000);
  });

  test('of more fields that are missing than are told', async () => {
    await start((routes) => {
      const body = Type.Object(
        Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`field${at}`, Type.Integer()])),
      );
      routes.post('/things', { config: open, schema: { body } }, async () => ({}));
    });
    const answer = await server.inject({ method: 'POST', url: '/things', payload: {} });
    expect(answer.json().errors).toHaveLength(100);
  });

  test('of query parameters that are unknown, doubled or malformed', async () => {
    const querystring = Type.Object(
      { limit: Type.Optional(Type.Integer({ minimum: 1 })), isNew: Type.Optional(Type.Boolean()) },
      { additionalProperties: false },
    );
    await start((routes) => {
      routes.get('/things', { config: open, schema: { querystring } }, async ({ query }) => query);
      routes.get('/none', { config: open }, async ({ query }) => query);
    });
    const ask = async (url: string) => (await server.inject(url)).json();
    expect(await ask('/things?limit=10&isNew=true')).toEqual({ limit: 10, isNew: true });
    for (const wrong of [
      'limit=010',
      'limit=1.0',
      'limit=',
      'limit=1&limit=2',
      'limit=0',
      'isNew=1',
      'page=2',
    ]) {
      expect(await ask(`/things?${wrong}`)).toMatchObject({ status: 400 });
    }
    for (const value of ['%ff', 'a%', '%zz', '%c3']) {
      expect(await ask(`/things?isNew=true&limit=${value}`)).toMatchObject({
        status: 400,
        errors: [{ field: 'querystring/limit', value, expected: expect.stringContaining('percent-encoded') }],
      });
    }
    expect(await ask('/none?a=1')).toMatchObject({
      status: 400,
      errors: [{ field: 'querystring/a', value: '1' }],
    });
  });

  test.each([
    [
      'too large',
      { 'content-type': 'application/json' },
      'x'.repeat(1_100_000),
      413,
      { field: 'body', expected: 'at most 1048576 bytes' },
    ],
    ['not JSON', { 'content-type': 'application/json' }, '{', 400, { field: 'body', value: '{' }],
    ['of nothing', { 'content-type': 'application/json' }, '', 400, { field: 'body', value: '' }],
    [
      'not UTF-8',
      { 'content-type': 'application/json' },
      Buffer.from('{\n"a": "Gr\xfc\xdfe"}', 'latin1'),
      400,
      { field: 'body/line 2', expected: 'text in UTF-8' },
    ],
    [
      'of an unknown type',
      { 'content-type': 'text/strange' },
      'x',
      415,
      { field: 'headers/content-type', value: 'text/strange', expected: 'application/json' },
    ],
    [
      'that are compressed',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      '{}',
      415,
      { field: 'headers/content-encoding', value: 'gzip' },
    ],
    [
      'in another charset',
      { 'content-type': 'application/json; charset=iso-8859-1' },
      '{}',
      415,
      {
        field: 'headers/content-type',
        value: 'application/json; charset=iso-8859-1',
        expected: 'text in UTF-8',
      },
    ],
  ])('of bodies %s', async (_what, headers, payload, status, error) => {
    await start((routes) => {
      routes.post('/things', { config: open, schema: { body: Type.Unknown() } }, async () => ({}));
    });
    const answer = await server.inject({ method: 'POST', url: '/things', headers, payload });
    expect([answer.statusCode, answer.json().status]).toEqual([status, status]);
    expect(answer.json().errors).toMatchObject([error]);
    expect(faults).toEqual([]);
  });

  test('of addresses that are none', async () => {
    const answer = await (await start()).inject('/%zz');
    expect([answer.statusCode, answer.json().status]).toEqual([400, 400]);
    expect(answer.json().errors).toMatchObject([{ field: 'path', value: '/%zz' }]);
  });

  test.each([
    ['what is not HTTP', 'HELO there\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, 431],
  ])('of %s', async (_what, sent, status) => {
    await (await start()).listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as { port: number };
    const answer = await new Promise<string>((done) => {
      const chunks: Buffer[] = [];
      const socket = connect(port, '127.0.0.1', () => socket.write(sent));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => done(Buffer.concat(chunks).toString()));
    });
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
    expect(JSON.parse(body)).toMatchObject({ status });
  });
});

describe('routes', () => {
  test('that do not say who may use them cannot be added', async () => {
    await start();
    expect(() => server.get('/things', async () => ({}))).toThrow('GET /things does not say who may use it');
  });

  const reads: Routes = (routes) => {
    routes.get('/v1/things', { config: { access: ['read'] } }, async () => ({ isReached: true }));
    routes.post('/v1/things', { config: { access: ['lists'] } }, async () => ({ isReached: true }));
  };

  test.each([
    ['GET', undefined, 401, 'Bearer'],
    ['GET', 'Bearer wrong', 401, 'Bearer error="invalid_token"'],
    ['GET', 'Basic reader', 401, 'Bearer error="invalid_token"'],
    ['GET', 'Bearer reader', 200, undefined],
    ['GET', 'bearer reader', 200, undefined],
    ['HEAD', undefined, 401, 'Bearer'],
    ['POST', 'Bearer reader', 403, undefined],
  ] as const)(
    'that are not open need a token with their scope: %s %s',
    async (method, token, status, challenge) => {
      const headers = token === undefined ? {} : { authorization: token };
      const answer = await (await start(reads)).inject({ method, url: '/v1/things', headers });
      expect(answer.statusCode).toBe(status);
      expect(answer.headers['www-authenticate']).toBe(challenge);
      if (status === 200) expect(answer.json()).toEqual({ isReached: true });
      expect(denials.length).toBe(status === 200 ? 0 : 1);
    },
  );

  test.each([
    [{ host: 'evil.example' }, 421],
    [{ host: 'evil.example:10080' }, 421],
    [{ host: 'mx.example:10080' }, 200],
    [{ host: 'LOCALHOST' }, 200],
    [{ host: '[::1]:10080' }, 200],
    [{ host: '127.0.0.1' }, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, 403],
    [{ 'postward-user': 'alice' }, 400],
  ] as const)('are not for pages of other sites: %j', async (headers, status) => {
    const authorization = 'Bearer reader';
    const answer = await (await start(reads)).inject({
      url: '/v1/things',
      headers: { ...headers, authorization },
    });
    expect(answer.statusCode).toBe(status);
  });

  test('nor may other sites make changes', async () => {
    await start((routes) => {
      routes.post('/v1/things', { config: { access: 'open' } }, async () => ({}));
    });
    const post = (origin: string) =>
      server.inject({ method: 'POST', url: '/v1/things', headers: { origin, host: 'localhost:1' } });
    expect((await post('http://evil.example')).statusCode).toBe(403);
    expect((await post('null')).statusCode).toBe(403);
    expect((await post('http://localhost:1')).statusCode).toBe(200);
  });

  test('are limited in rate, each token and each address by itself', async () => {
    await start(reads);
    const ask = async (headers: Record<string, string>) =>
      (await server.inject({ url: '/v1/things', headers })).statusCode;
    for (let i = 0; i < 100; i += 1) expect(await ask({})).toBe(401);
    expect(await ask({})).toBe(429);
    expect(await ask({ authorization: 'Bearer reader' })).toBe(200);
  });

  test('do not pass over what they do not expect', async () => {
    await start((routes) => {
      routes.post('/v1/things', { config: { access: 'open' } }, async () => ({}));
    });
    const post = async (options: object) =>
      (await server.inject({ method: 'POST', url: '/v1/things', ...options })).json();
    expect(await post({ payload: { a: 1 } })).toMatchObject({
      status: 400,
      detail: 'nothing is expected in the body',
    });
    expect(await post({ headers: { 'if-match': '"1"' } })).toMatchObject({ status: 400 });
    expect(await post({})).toEqual({});
  });
});
