/**
 * Every operation that /openapi.json names, asked with what its schemas allow,
 * with what they almost allow, and with nonsense, by somebody who may do
 * everything. Whatever comes: no 500, no stack, no path, and an answer that is
 * as described.
 *
 * FUZZ_SEED repeats a run, FUZZ_RUNS makes it longer.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiDaemon, type Operation } from './api-daemon.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 600);

/** A machine that is busy makes fewer runs. */
const LIMIT_MS = 60_000;

/** What would tell of our insides. */
const LEAKS = /node_modules|\bat [\w.<>]+ \(|\.ts:\d+|\/src\/|SQLITE|TypeError|RangeError|undefined is not/;

/** Something in the request is at fault, so the answer says what. */
const NAMED = [400, 409, 412, 413, 415, 422];

let daemon: ApiDaemon;
beforeAll(async () => {
  daemon = await ApiDaemon.start({
    settings: {
      ADMIN__REQUESTS_PER_MINUTE: '0',
      ADMIN__BODY_BYTES: '65536',
      DNS__TIMEOUT_MS: '50',
      DNS__TOTAL_MS: '100',
    },
  });
});
afterAll(() => daemon.stop());

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

const NASTY = [
  '',
  ' ',
  '\0',
  '..',
  '../../etc/passwd',
  '%00',
  '%zz',
  '__proto__',
  'constructor',
  "' OR 1=1 --",
  '"; DROP TABLE entry; --',
  '%',
  '_',
  '\u202e',
  '\ud800',
  '😀'.repeat(200),
  'x'.repeat(5000),
  '<script>',
  '$mynetworks',
  '192.0.2.1',
  '192.0.2.0/24',
  '::ffff:192.0.2.1',
  'user@example.org',
  '<>',
  '.example.org',
  'reject_client',
  'REJECT no',
  'smtpd_client_restrictions = permit_mynetworks, reject',
  '2080-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '-1',
  '1e400',
  'NaN',
  'null',
];

const nastyText = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 60 }));
const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant([]),
  fc.constant({}),
  fc.constant({ __proto__: { admin: true }, length: -1 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(Array.from({ length: 300 }, (_, at) => at)),
);

const time = fc
  .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());

/** Times to RFC 3339, RFC 9557 or Date.parse, if not to all of them. */
const ALMOST_TIMES = [
  '2030-12-31T23:59:60Z',
  '2030-06-30T15:59:60-08:00',
  '2030-02-31T00:00:00Z',
  '2030-02-28T24:00:00Z',
  '2030-12-31T23:59:59+24:00',
  '2030-12-31T23:59:59Z[Europe/Paris]',
  `2030-12-31T23:59:59.${'9'.repeat(30)}Z`,
  '0000-01-01T00:00:00Z',
];

/** Sound JSON that no recursion gets through. */
const DEEP = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

/** Mostly what a schema allows; now and then what it does not. */
function anyOf(schema: Schema): fc.Arbitrary<unknown> {
  const allowed = allowedBy(schema);
  return fc.oneof({ weight: 6, arbitrary: allowed }, { weight: 1, arbitrary: nonsense });
}

function allowedBy(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => anyOf(each)));
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time'
        ? fc.oneof({ weight: 4, arbitrary: time }, { weight: 1, arbitrary: fc.constantFrom(...ALMOST_TIMES) })
        : nastyText;
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -10, max: schema.maximum ?? 2000 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(anyOf(schema.items ?? {}), { maxLength: 5 });
    case 'object': {
      const members = Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, member]) => [name, anyOf(member)]),
      );
      const extra = fc.option(fc.record({ [`x-${SEED}`]: nonsense }), { nil: {}, freq: 15 });
      return fc
        .tuple(
          fc.record(members, {
            requiredKeys: (schema.required ?? []).filter((name) => name in members) as never[],
          }),
          extra,
        )
        .map(([value, more]) => ({ ...value, ...more }));
    }
    default:
      return nonsense;
  }
}

interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const HEADERS = fc.record(
  {
    'if-match': fc.constantFrom('*', '"x"', 'x', '"000000000000-0000-00000000"', '""'),
    'if-none-match': fc.constantFrom('*', '"x"', 'x'),
    'idempotency-key': fc.constantFrom('a', 'b', '', 'x'.repeat(300)),
    'last-event-id': fc.constantFrom('x', '00000000-1'),
    accept: fc.constantFrom('text/csv', '*/*', 'x'),
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      'text/csv',
      'application/x-ndjson',
      'application/json; charset=utf-16',
      'x',
    ),
  },
  { requiredKeys: [] },
);

function requestFor(method: string, pattern: string, operation: Operation): fc.Arbitrary<FuzzedRequest> {
  const named = (place: string) => (operation.parameters ?? []).filter((one) => one.in === place);
  const known = fc.constantFrom('reject_client', 'mx', '192.0.2.1', 'fuzzed', '0123456789ab');
  const path = fc.tuple(...named('path').map(() => fc.oneof(known, nastyText))).map((values) => {
    let at = 0;
    return pattern.replace(/\{[^}]+\}/g, () => encoded(String(values[at++])));
  });
  const query = fc
    .record(Object.fromEntries(named('query').map(({ name, schema }) => [name, anyOf(schema as Schema)])), {
      requiredKeys: named('query')
        .filter(({ required }) => required === true)
        .map(({ name }) => name) as never[],
    })
    .chain((values) =>
      fc.boolean().map((isTwice) => {
        const pairs = Object.entries(values).map(
          ([name, value]) =>
            `${name}=${encoded(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))}`,
        );
        return [...pairs, ...(isTwice && SEED % 3 === 0 ? pairs.slice(0, 1) : [])].join('&');
      }),
    );
  const contents = Object.entries(operation.requestBody?.content ?? {});
  const body: fc.Arbitrary<{ type: string; text: string } | undefined> =
    contents.length === 0
      ? fc.option(fc.constant({ type: 'application/json', text: '{}' }), { nil: undefined, freq: 10 })
      : fc.constantFrom(...contents).chain(([type, { schema }]) => {
          const text =
            type === 'application/json'
              ? anyOf(schema as Schema).map((value) => JSON.stringify(value) ?? '')
              : nastyText;
          const broken = fc.constantFrom(
            '{',
            '[1,',
            'nul',
            '{"a":1}'.repeat(3),
            '[[[['.repeat(5000),
            `"${'x'.repeat(70_000)}"`,
            DEEP,
            `{"action":${DEEP}}`,
            `{"attributes":{"sender":${DEEP}}}`,
            `{"edits":[{"operation":"put","key":"192.0.2.1","action":${DEEP}}]}`,
          );
          return fc
            .oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: broken })
            .map((sent) => ({ type, text: sent }));
        });
  return fc
    .tuple(path, query, body, fc.option(HEADERS, { nil: {}, freq: 4 }))
    .map(([address, search, content, headers]) => ({
      method: method.toUpperCase(),
      path: search === '' ? address : `${address}?${search}`,
      headers: {
        ...(content === undefined ? {} : { 'content-type': content.type }),
        ...(headers as Record<string, string>),
      },
      // fetch sends none with GET.
      body: method === 'get' ? undefined : content?.text,
    }));
}

/** A lone surrogate has no percent-encoding. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

test(`no request is answered with a fault (FUZZ_SEED=${SEED})`, async () => {
  // A list that requests may meet, and a token that none of them is made with.
  await daemon.ask('PUT', '/v1/lists/fuzzed', { body: {} });
  const operations = Object.entries(daemon.description.paths).flatMap(([pattern, methods]) =>
    Object.entries(methods)
      .filter(() => !pattern.endsWith('/stream'))
      .map(([method, operation]) => requestFor(method, pattern, operation)),
  );
  const statuses = new Map<number, number>();
  let sent = 0;
  const heap: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.oneof(...operations), async ({ method, path, headers, body }) => {
      const answer = await daemon.ask(method, path, { headers, body });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status >= 500) {
        throw new Error(
          `${method} ${path} ${body?.slice(0, 500)}: ${answer.status} ${answer.text}\n${JSON.stringify(daemon.log.slice(-3))}`,
        );
      }
      if (answer.status >= 400)
        expect(answer.json).toMatchObject({ status: answer.status, title: expect.any(String) });
      if (NAMED.includes(answer.status) && !(answer.json.errors?.length > 0))
        throw new Error(`${method} ${path} names no field: ${answer.text}`);
      if (answer.status >= 400 && LEAKS.test(answer.text))
        throw new Error(`${method} ${path} tells: ${answer.text}`);
      sent += 1;
      if (sent % 100 === 0) heap.push(process.memoryUsage().heapUsed);
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true, interruptAfterTimeLimit: LIMIT_MS },
  );
  // It went through to the routes, and was turned away, both many times.
  expect(statuses.get(200) ?? 0).toBeGreaterThan(sent / 50);
  expect(statuses.get(400) ?? 0).toBeGreaterThan(sent / 10);
  expect(daemon.log.filter(({ event }) => event === 'admin_fault')).toEqual([]);
  // Mail is decided all the while.
  expect(await daemon.decide({ client_address: '203.0.113.250' })).not.toBe('');
  console.log(
    `fuzzed the API with ${sent} requests: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')}`,
  );
  const growth = (heap.at(-1) ?? 0) - (heap[2] ?? 0);
  expect(growth).toBeLessThan(150 * 1024 * 1024);
});
