import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import type { HealthCheck } from '../../src/admin/health.ts';
import { healthRoutes } from '../../src/admin/routes/health-routes.ts';
import { metricsRoutes } from '../../src/admin/routes/metrics-routes.ts';
import { type AdminFault, createAdminServer, type Routes } from '../../src/admin/server.ts';

let server: FastifyInstance;
const faults: AdminFault[] = [];

afterEach(async () => {
  faults.length = 0;
  await server.close();
});

function start(...routes: Routes[]): FastifyInstance {
  server = createAdminServer({ routes, onFault: (fault) => faults.push(fault) });
  return server;
}

describe('health', () => {
  const check = (name: string, status: HealthCheck['status']): HealthCheck => ({
    name,
    status,
    reason: 'so',
  });

  test('alive', async () => {
    const answer = await start(healthRoutes({ checks: () => [] }, '1')).inject('/healthz');
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'pass' }]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test.each([
    [[], 200, 'pass'],
    [[check('policies', 'pass'), check('reload', 'warn')], 200, 'warn'],
    [[check('policies', 'fail'), check('reload', 'warn')], 503, 'fail'],
  ] as const)('ready, with reasons: %j', async (checks, code, status) => {
    const answer = await start(healthRoutes({ checks: () => checks }, '1.2.3')).inject('/readyz');
    expect(answer.statusCode).toBe(code);
    expect(answer.json()).toEqual({ status, version: '1.2.3', checks });
  });
});

test('metrics are passed on as they are', async () => {
  const metrics = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    exposition: async () => 'a 1\n',
  };
  const answer = await start(metricsRoutes(metrics)).inject('/metrics');
  expect([answer.statusCode, answer.body]).toEqual([200, 'a 1\n']);
  expect(answer.headers['content-type']).toBe(metrics.contentType);
});

describe('errors are problem details', () => {
  const open = { access: 'open' } as const;

  test('of addresses where nothing is', async () => {
    const answer = await start().inject('/nothing');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is nothing at this address',
    });
  });

  test('of our own faults, which are reported but not told', async () => {
    const answer = await start((routes) => {
      routes.get('/broken/:name', { config: open }, async () => {
        throw new Error('secret');
      });
    }).inject('/broken/x');
    expect([answer.statusCode, answer.json()]).toEqual([
      500,
      { type: 'about:blank', title: 'Internal Server Error', status: 500 },
    ]);
    expect(answer.body).not.toContain('secret');
    expect(faults).toMatchObject([{ method: 'GET', route: '/broken/:name', error: { message: 'secret' } }]);
  });

  test('of values, each with its field; nothing is coerced or dropped', async () => {
    const schema = {
      body: {
        type: 'object',
        properties: { count: { type: 'integer' } },
        additionalProperties: false,
      },
    };
    start((routes) => {
      routes.post('/things', { config: open, schema }, async () => ({}));
    });
    const payload = { count: '5', colour: 'red' };
    const answer = await server.inject({ method: 'POST', url: '/things', payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toEqual([
      { field: 'body', message: 'must NOT have additional properties' },
      { field: 'body/count', message: 'must be integer' },
    ]);
  });

  test.each([
    ['too large', { 'content-type': 'application/json' }, 'x'.repeat(1_100_000), 413],
    ['not JSON', { 'content-type': 'application/json' }, '{', 400],
    ['of an unknown type', { 'content-type': 'text/strange' }, 'x', 415],
  ])('of bodies %s', async (_what, headers, payload, status) => {
    start((routes) => {
      routes.post('/things', { config: open }, async () => ({}));
    });
    const answer = await server.inject({ method: 'POST', url: '/things', headers, payload });
    expect([answer.statusCode, answer.json().status]).toEqual([status, status]);
    expect(faults).toEqual([]);
  });

  test('of addresses that are none', async () => {
    const answer = await start().inject('/%zz');
    expect([answer.statusCode, answer.json().status]).toEqual([400, 400]);
  });

  test.each([
    ['what is not HTTP', 'HELO there\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, 431],
  ])('of %s', async (_what, sent, status) => {
    await start().listen({ host: '127.0.0.1', port: 0 });
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
  test('that do not say who may use them cannot be added', () => {
    server = createAdminServer({ routes: [], onFault: () => {} });
    expect(() => server.get('/things', async () => ({}))).toThrow('GET /things does not say who may use it');
  });

  test('that are not open are closed', async () => {
    let isReached = false;
    const answer = await start((routes) => {
      routes.get('/v1/things', { config: { access: 'read' } }, async () => {
        isReached = true;
        return {};
      });
    }).inject('/v1/things');
    expect([answer.statusCode, answer.json().status, isReached]).toEqual([401, 401, false]);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });
});
