import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, ApiDaemon } from './api-daemon.ts';

let daemon: ApiDaemon;
beforeAll(async () => {
  daemon = await ApiDaemon.start();
});
afterAll(() => daemon.stop());

let made = 0;
/** The path of a new list. */
async function newList(body: object = {}): Promise<string> {
  const path = `/v1/lists/list${++made}`;
  expect((await daemon.ask('PUT', path, { body })).status).toBe(201);
  return path;
}

const put = (path: string, key: string, body: object, headers = {}): Promise<Answer> =>
  daemon.ask('PUT', `${path}/entries/${encodeURIComponent(key)}`, { body, headers });

test('an edit by HTTP decides about the next request', async () => {
  const daemon = await ApiDaemon.start();
  onTestFinished(() => daemon.stop());
  const path = '/v1/lists/reject_client/entries/192.0.2.10';
  expect(await daemon.decide()).toBe('DUNNO');
  expect((await daemon.ask('PUT', path, { body: { action: 'REJECT spam run' } })).status).toBe(201);
  expect(await daemon.decide()).toBe('554 5.7.1 spam run');
  expect((await daemon.ask('PATCH', path, { body: { action: '550 5.7.0 go away' } })).json.outcome).toBe(
    'changed',
  );
  expect(await daemon.decide()).toBe('550 5.7.0 go away');
  expect((await daemon.ask('DELETE', path)).json.outcome).toBe('removed');
  expect(await daemon.decide()).toBe('DUNNO');

  const { json } = await daemon.ask('GET', '/v1/audit?list=reject_client&subject=192.0.2.10');
  expect(json.records.map(({ operation }: { operation: string }) => operation)).toEqual([
    'entry.remove',
    'entry.put',
    'entry.put',
  ]);
  expect(json.records[1]).toMatchObject({
    actor: 'token:environment',
    before: { action: 'REJECT spam run' },
    after: { action: '550 5.7.0 go away' },
  });
  expect(daemon.log).toContainEqual(
    expect.objectContaining({
      event: 'list_edited',
      actor: 'token:environment',
      list: 'reject_client',
      keys: ['192.0.2.10'],
      action: 'REJECT spam run',
    }),
  );
  const metrics = await daemon.ask('GET', '/metrics', { token: null });
  expect(metrics.text).toMatch(/^postward_decisions_total\{.*list="client".*verdict="reject".*\} 1$/m);
  expect(metrics.text).toMatch(
    /^postward_admin_requests_total\{route="\/v1\/lists\/:list\/entries\/:key",method="PUT",status="201"\} [1-9]/m,
  );
});

describe('lists', () => {
  test('are made, described, told and deleted', async () => {
    const path = await newList({ kind: 'sender', description: 'spam runs' });
    const first = await daemon.ask('GET', path);
    expect(first.json).toMatchObject({
      kind: 'sender',
      description: 'spam runs',
      entries: 0,
      in_policy: false,
    });
    expect(first.headers.get('etag')).toBe(`"${first.json.version}"`);
    const again = await daemon.ask('PUT', path, { body: { description: 'other' } });
    expect([again.status, again.json.outcome, again.json.list.kind]).toEqual([200, 'changed', 'sender']);
    const all = (await daemon.ask('GET', '/v1/lists')).json.lists;
    expect(all).toContainEqual(expect.objectContaining({ name: 'reject_client', in_policy: true }));
    // Nobody has made it, a policy names it.
    expect(all.find(({ name }: { name: string }) => name === 'reject_client')).not.toHaveProperty(
      'created_at',
    );
    expect((await daemon.ask('DELETE', path)).json.outcome).toBe('removed');
    expect((await daemon.ask('GET', path)).status).toBe(404);
    expect((await daemon.ask('DELETE', path)).status).toBe(404);
    expect((await daemon.ask('DELETE', '/v1/lists/reject_client')).status).toBe(409);
  });

  test('change only if they are what was expected', async () => {
    const path = await newList();
    const version = (await daemon.ask('GET', path)).headers.get('etag') ?? '';
    const change = (headers: Record<string, string>, description: string) =>
      daemon.ask('PUT', path, { body: { description }, headers });
    expect((await change({ 'if-none-match': '*' }, 'a')).status).toBe(412);
    expect((await change({ 'if-match': version }, 'a')).status).toBe(200);
    const { status, json } = await change({ 'if-match': version }, 'b');
    expect([status, json.errors[0].field]).toEqual([412, 'headers/if-match']);
    expect((await daemon.ask('DELETE', path, { headers: { 'if-match': version } })).status).toBe(412);
  });

  test('are not changed by a dry run', async () => {
    const answer = await daemon.ask('PUT', '/v1/lists/dry?dry_run=true', { body: {} });
    expect([answer.status, answer.json]).toEqual([200, { outcome: 'created', dry_run: true }]);
    expect((await daemon.ask('GET', '/v1/lists/dry')).status).toBe(404);
  });

  test.each([
    ['/v1/lists/.x', {}, 'params/list'],
    ['/v1/lists/match', {}, 'params/list'],
    ['/v1/lists/x', { kind: 'clients' }, 'body/kind'],
    ['/v1/lists/x', { colour: 'red' }, 'body/colour'],
    ['/v1/lists/x', { description: 'a\nb' }, 'body/description'],
    ['/v1/lists/x?dry_run=yes', {}, 'querystring/dry_run'],
  ])('that make no sense are refused: %s %j', async (path, body, field) => {
    const { json } = await daemon.ask('PUT', path, { body });
    expect(json).toMatchObject({ status: 400, errors: [{ field }] });
  });
});

describe('entries', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['.Example.org', '.example.org'],
    ['user@example.org', 'user@example.org'],
    ['user+tag@example.org', 'user+tag@example.org'],
    ['user@', 'user@'],
    ['50%off@example.org', '50%off@example.org'],
    ['a/b=c&d?e#f@example.org', 'a/b=c&d?e#f@example.org'],
    ['%2F@example.org', '%2f@example.org'],
    ['<>', '<>'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ])('have the key that the address holds: %s', async (key, canonical) => {
    const path = await newList();
    const answer = await put(path, key, { action: 'REJECT' });
    expect([answer.status, answer.json.after?.key]).toEqual([201, canonical]);
    const read = await daemon.ask('GET', `${path}/entries/${encodeURIComponent(key)}`);
    expect(read.json.key).toBe(canonical);
    expect(read.headers.get('etag')).toBe(answer.headers.get('etag'));
    expect((await daemon.ask('DELETE', `${path}/entries/${encodeURIComponent(key)}`)).status).toBe(200);
  });

  test('have keys with a slash only where it is encoded, and that is said', async () => {
    const path = await newList();
    const { json } = await daemon.ask('PUT', `${path}/entries/192.0.2.0/24`, { body: { action: 'OK' } });
    expect(json).toMatchObject({ status: 404, detail: expect.stringMatching(/`%2F`$/) });
    expect((await daemon.ask('GET', '/v1/lists/a/b')).json.detail).toBe('there is nothing at this address');
  });

  test('have keys up to 512 bytes', async () => {
    const path = await newList();
    const longest = `${'ü'.repeat(60)}@${'a'.repeat(60)}.test`;
    expect((await put(path, longest, { action: 'OK' })).status).toBe(201);
    expect((await put(path, `${'a'.repeat(600)}@x.test`, { action: 'OK' })).status).toBe(400);
  });

  test.each([
    ['192.0.2.300', { action: 'OK' }, 'params/key'],
    ['192.0.2.1', {}, 'body/action'],
    ['192.0.2.1', { action: 'NONSENSE' }, 'body/action'],
    ['192.0.2.1', { action: 'check_client_access hash:/etc/shadow' }, 'body/action'],
    ['192.0.2.1', { action: 'OK', comment: 'a\nb' }, 'body/comment'],
    ['192.0.2.1', { action: 'OK', comment: 'a\ud83d' }, 'body/comment'],
    ['192.0.2.1', { action: 'REJECT \udc00' }, 'body/action'],
    ['192.0.2.1', { action: 'OK', expires_at: 'soon' }, 'body/expires_at'],
    ['192.0.2.1', { action: 'OK', expires_at: '2020-01-01T00:00:00Z' }, 'body/expires_at'],
    ['192.0.2.1', { action: 'OK', expires: 5 }, 'body/expires'],
    ['192.0.2.1', { action: 5 }, 'body/action'],
  ])('that make no sense are refused: %s %j', async (key, body, field) => {
    const path = await newList({ kind: 'client' });
    const { json } = await put(path, key, body);
    expect(json).toMatchObject({ status: 400, errors: [{ field, expected: expect.any(String) }] });
  });

  test('are there only in lists that are there', async () => {
    expect((await put('/v1/lists/nowhere', '192.0.2.1', { action: 'OK' })).status).toBe(404);
    expect((await daemon.ask('GET', '/v1/lists/nowhere/entries')).status).toBe(404);
    const path = await newList();
    expect((await daemon.ask('GET', `${path}/entries/192.0.2.1`)).status).toBe(404);
    expect((await daemon.ask('PATCH', `${path}/entries/192.0.2.1`, { body: { comment: 'x' } })).status).toBe(
      404,
    );
    for (const [method, address, error] of [
      ['GET', `${path}/entries/192.0.2.1`, { field: 'params/key', value: '192.0.2.1' }],
      ['DELETE', `${path}/entries/192.0.2.1`, { field: 'params/key', value: '192.0.2.1' }],
      ['DELETE', '/v1/lists/nowhere', { field: 'params/list', value: 'nowhere' }],
    ] as const) {
      expect((await daemon.ask(method, address)).json).toMatchObject({ status: 404, errors: [error] });
    }
  });

  test('change only if they are what was expected', async () => {
    const path = await newList();
    const key = '192.0.2.1';
    const first = await put(path, key, { action: 'OK' }, { 'if-none-match': '*' });
    expect(first.status).toBe(201);
    const version = first.headers.get('etag') ?? '';
    expect((await put(path, key, { action: 'REJECT' }, { 'if-none-match': '*' })).json).toMatchObject({
      status: 412,
      detail: expect.stringMatching(/^the entry `192\.0\.2\.1` of the list `list\d+` is there already$/),
      errors: [{ field: 'headers/if-none-match', value: '*' }],
    });
    const second = await put(path, key, { action: 'REJECT' }, { 'if-match': version });
    expect([second.status, second.json.outcome]).toEqual([200, 'changed']);
    expect((await put(path, key, { action: 'DUNNO' }, { 'if-match': version })).status).toBe(412);
    expect(
      (await daemon.ask('DELETE', `${path}/entries/${key}`, { headers: { 'if-match': version } })).status,
    ).toBe(412);
    expect((await put(path, '192.0.2.9', { action: 'OK' }, { 'if-match': '*' })).json).toMatchObject({
      status: 412,
      errors: [{ field: 'headers/if-match', value: '*' }],
    });
    expect(
      (await put(path, key, { action: 'OK' }, { 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' }))
        .json,
    ).toMatchObject({
      status: 400,
      errors: [{ field: 'headers/if-unmodified-since', expected: expect.stringContaining('If-Match') }],
    });
    const edits = [{ operation: 'put', key: '192.0.2.8', action: 'OK' }];
    for (const header of ['if-match', 'if-none-match']) {
      const headers = { [header]: '*' };
      expect((await daemon.ask('POST', `${path}/bulk`, { body: { edits }, headers })).json).toMatchObject({
        status: 400,
        detail: expect.stringContaining('means nothing here'),
      });
    }
    expect((await daemon.ask('GET', `${path}/entries/192.0.2.8`)).status).toBe(404);
    for (const wrong of ['W/"1"', 'x', '"a", "b"', '""']) {
      expect((await put(path, key, { action: 'OK' }, { 'if-match': wrong })).json).toMatchObject({
        status: 400,
        errors: [{ field: 'headers/if-match', value: wrong }],
      });
    }
    const unchanged = await daemon.ask('GET', `${path}/entries/${key}`, {
      headers: { 'if-none-match': second.headers.get('etag') ?? '' },
    });
    expect([unchanged.status, unchanged.text]).toEqual([304, '']);
  });

  test('are found by what they hold, in pages', async () => {
    const path = await newList();
    for (let i = 0; i < 5; i += 1)
      await put(path, `host${i}.example.org`, { action: 'REJECT', comment: `number ${i}` });
    await put(path, 'good.example.net', { action: 'OK', expires_at: '2080-01-01T00:00:00Z' });
    const keys = async (query: string): Promise<string[]> =>
      (await daemon.ask('GET', `${path}/entries?${query}`)).json.entries.map(
        ({ key }: { key: string }) => key,
      );
    expect(await keys('prefix=HOST&limit=2')).toEqual(['host0.example.org', 'host1.example.org']);
    expect(await keys('text=number+3')).toEqual(['host3.example.org']);
    expect(await keys('verb=ok')).toEqual(['good.example.net']);
    expect(await keys('order=key&descending=true&limit=1')).toEqual(['host4.example.org']);
    expect(await keys('expired=true')).toEqual([]);
    expect(await keys('order=expires&limit=1')).toEqual(['good.example.net']);
    const seen: string[] = [];
    for (let cursor = '', more = true; more; ) {
      const { json } = await daemon.ask('GET', `${path}/entries?limit=4${cursor}`);
      seen.push(...json.entries.map(({ key }: { key: string }) => key));
      more = json.next_cursor !== undefined;
      cursor = `&cursor=${encodeURIComponent(json.next_cursor)}`;
    }
    expect(seen.length).toBe(6);
    expect((await daemon.ask('GET', `${path}/entries?cursor=nonsense`)).json).toMatchObject({
      status: 400,
      errors: [{ field: 'querystring/cursor' }],
    });
  });

  test('expire at times, and what is none is told with what would be', async () => {
    const path = await newList({ kind: 'client' });
    const expected = 'a time such as `2027-01-31T12:00:00Z`, with seconds up to 59, or null for never';
    for (const expires_at of ['2030-12-31T23:59:60Z', '2030-12-31T23:59:59Z[Europe/Paris]', 'soon', 5]) {
      const value = String(expires_at);
      const edits = [{ operation: 'put', key: '192.0.2.1', action: 'REJECT', expires_at }];
      for (const answer of [
        await put(path, '192.0.2.1', { action: 'REJECT', expires_at }),
        await daemon.ask('POST', `${path}/bulk`, { body: { edits } }),
      ]) {
        expect(answer.json).toMatchObject({ status: 400, errors: [{ value, expected }] });
      }
    }
    expect((await daemon.ask('GET', path)).json.entries).toBe(0);
  });

  test('that expire are out of force, and patched back', async () => {
    const path = await newList();
    const expires_at = '2080-01-01T00:00:00.500Z';
    const { json } = await put(path, '192.0.2.1', { action: 'OK', expires_at });
    expect(json).toMatchObject({
      after: { expires_at: '2080-01-01T00:00:01.000Z' },
      notes: [expect.any(String)],
    });
    const patched = await daemon.ask('PATCH', `${path}/entries/192.0.2.1`, { body: { expires_at: null } });
    expect(patched.json.after.expires_at).toBeUndefined();
    expect(patched.json.notes).toEqual([]);
  });

  test('whose time is over are changed with a word that they are out of force, and can be made anew', async () => {
    const path = await newList();
    const entry = `${path}/entries/198.51.100.77`;
    const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    await put(path, '198.51.100.77', { action: 'OK', expires_at: soon.toISOString() });
    await sleep(soon.getTime() - Date.now() + 5);
    const note = `expired at ${soon.toISOString().replace('.000', '')}, and out of force until its expiry is set anew`;
    for (const [action, outcome] of [
      ['REJECT', 'changed'],
      ['REJECT', 'unchanged'],
    ]) {
      const { json } = await daemon.ask('PATCH', entry, { body: { action } });
      expect(json).toMatchObject({ outcome, notes: [note] });
    }
    expect((await daemon.ask('GET', '/v1/lists/match?key=198.51.100.77')).json.matches).toEqual([]);
    const made = await put(path, '198.51.100.77', { action: 'REJECT anew' }, { 'if-none-match': '*' });
    expect(made.json).toMatchObject({ notes: [], after: { action: 'REJECT anew' } });
    expect((await put(path, '198.51.100.77', { action: 'OK' }, { 'if-none-match': '*' })).status).toBe(412);
  });
});

test('lists that say something of an address, a name, a mail address', async () => {
  const path = await newList();
  const name = path.slice('/v1/lists/'.length);
  await put(path, '203.0.113.0/24', { action: 'REJECT net' });
  await put(path, 'example.com', { action: 'REJECT domain' });
  const match = async (key: string) =>
    (await daemon.ask('GET', `/v1/lists/match?key=${encodeURIComponent(key)}`)).json.matches.filter(
      ({ list }: { list: string }) => list === name,
    );
  expect(await match('203.0.113.77')).toMatchObject([{ entry: '203.0.113.0/24', action: 'REJECT net' }]);
  expect(await match('a.b.example.com')).toMatchObject([{ entry: 'example.com', searched: 'example.com' }]);
  expect(await match('user+tag@example.com')).toMatchObject([{ entry: 'example.com' }]);
  expect(await match('example.org')).toEqual([]);
  expect((await daemon.ask('GET', '/v1/lists/match?key=203.0.113.0/24')).json).toMatchObject({
    status: 400,
    errors: [{ field: 'querystring/key', value: '203.0.113.0/24', expected: 'ask for an address in it' }],
  });
});

test('matches are those that a policy in force finds', async () => {
  const daemon = await ApiDaemon.start({
    policy: `mydestination = dest.test
recipient_delimiter = +
smtpd_recipient_restrictions = check_recipient_access list:gone, reject_unauth_destination
`,
  });
  onTestFinished(() => daemon.stop());
  await daemon.ask('PUT', '/v1/lists/gone/entries/user%40dest.test', { body: { action: 'REJECT gone' } });
  expect(await daemon.decide({ recipient: 'user+news@dest.test' })).toBe('554 5.7.1 gone');
  expect((await daemon.ask('GET', '/v1/lists/match?key=user%2Bnews%40dest.test')).json.matches).toEqual([
    { list: 'gone', searched: 'user@dest.test', entry: 'user@dest.test', action: 'REJECT gone' },
  ]);
});

describe('many entries at once', () => {
  test('are edited together, or not at all', async () => {
    const path = await newList({ kind: 'client' });
    const edits = [
      { operation: 'put', key: '192.0.2.1', action: 'REJECT' },
      { operation: 'put', key: '192.0.2.2', action: 'OK', comment: 'ours' },
      { operation: 'remove', key: '192.0.2.3' },
    ];
    const bulk = (body: unknown, query = '', headers = {}) =>
      daemon.ask('POST', `${path}/bulk${query}`, { body, headers });
    expect((await bulk({ edits }, '?dry_run=true')).json).toMatchObject({
      dry_run: true,
      counts: { created: 2, absent: 1 },
    });
    const wrong = await bulk({ edits: [...edits, { operation: 'put', key: 'x y', action: 'REJECT' }] });
    expect(wrong.json).toMatchObject({ status: 400, errors: [{ field: 'body/edits/3/key', value: 'x y' }] });
    expect((await daemon.ask('GET', path)).json.entries).toBe(0);
    expect((await bulk({ edits })).json).toMatchObject({ dry_run: false, counts: { created: 2, absent: 1 } });
    const lines =
      '{"operation":"remove","key":"192.0.2.1"}\n\n{"operation":"put","key":"192.0.2.2","action":"OK","comment":"ours"}\n';
    const ndjson = await bulk(lines, '', { 'content-type': 'application/x-ndjson' });
    expect(ndjson.json.counts).toMatchObject({ removed: 1, unchanged: 1 });
    expect((await bulk('{\n', '', { 'content-type': 'application/x-ndjson' })).json).toMatchObject({
      status: 400,
      errors: [{ field: 'body/line 1' }],
    });
    expect((await bulk('x', '', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await bulk({ edits: [{ operation: 'put', key: '192.0.2.1' }] })).json.errors[0].field).toBe(
      'body/edits/0/action',
    );
    expect((await bulk({ edits: [{ operation: 'remove', key: '192.0.2.1', action: 'OK' }] })).status).toBe(
      400,
    );
    const many = Array.from({ length: 10_001 }, () => ({ operation: 'remove', key: '192.0.2.1' }));
    const manyLines = many.map((edit) => JSON.stringify(edit)).join('\n');
    for (const body of [{ edits: many }, manyLines]) {
      const type = typeof body === 'string' ? 'x-ndjson' : 'json';
      expect((await bulk(body, '', { 'content-type': `application/${type}` })).json).toMatchObject({
        status: 413,
        errors: [{ field: 'body/edits', expected: 'at most 10000 entries; send them in parts' }],
      });
    }
    expect((await bulk('x', '', { 'content-type': 'text/plain' })).json.errors).toEqual([
      {
        field: 'headers/content-type',
        value: 'text/plain',
        expected: 'application/json or application/x-ndjson',
      },
    ]);
  });

  test.each([
    ['bulk', 'application/x-ndjson', '{"operation":"put","key":"b\xfccher.example","action":"OK"}'],
    ['import', 'application/x-ndjson', '{"key":"192.0.2.1","action":"REJECT Gr\xfc\xdfe"}'],
    ['import', 'text/csv', 'key,action\n192.0.2.1,REJECT Gr\xfc\xdfe'],
    ['import', 'text/plain', '192.0.2.1 REJECT Gr\xfc\xdfe'],
  ])('that are not UTF-8 are refused: /%s %s', async (what, type, text) => {
    const path = await newList();
    const { json } = await daemon.ask('POST', `${path}/${what}`, {
      body: Buffer.from(`\n${text}\n`.slice(type === 'text/csv' ? 1 : 0), 'latin1'),
      headers: { 'content-type': type },
    });
    expect(json).toMatchObject({
      status: 400,
      errors: [{ field: 'body/line 2', expected: 'text in UTF-8' }],
    });
  });

  test.each([
    ['access', 'text/plain'],
    ['csv', 'text/csv'],
    ['ndjson', 'application/x-ndjson'],
  ])('go out and come in as %s', async (format, type) => {
    const from = await newList();
    const to = await newList();
    await put(from, '192.0.2.0/24', { action: 'REJECT spam, "run"', comment: 'ticket 7' });
    await put(from, '.example.org', { action: '550 5.7.1 no', expires_at: '2080-01-01T00:00:00Z' });
    const text = await daemon.ask('GET', `${from}/export?format=${format}`);
    expect(text.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    const headers = { 'content-type': type };
    expect(
      (await daemon.ask('POST', `${to}/import?dry_run=true`, { body: text.text, headers })).json.dry_run,
    ).toBe(true);
    const imported = await daemon.ask('POST', `${to}/import`, { body: text.text, headers });
    expect(imported.json.counts.created).toBe(2);
    const entries = async (path: string) =>
      (await daemon.ask('GET', `${path}/entries`)).json.entries.map(
        ({ key, action, comment, expires_at }: Record<string, string>) => ({
          key,
          action,
          comment,
          expires_at,
        }),
      );
    expect(await entries(to)).toEqual(await entries(from));
  });

  test('are exported without those that are over, so that what goes out can come in', async () => {
    const from = await newList();
    const to = await newList();
    const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    await put(from, '192.0.2.1', { action: 'REJECT', expires_at: soon.toISOString() });
    await put(from, '192.0.2.2', { action: 'REJECT', comment: ' stays ' });
    await sleep(soon.getTime() - Date.now() + 5);
    for (const [format, type] of [
      ['access', 'text/plain'],
      ['csv', 'text/csv'],
      ['ndjson', 'application/x-ndjson'],
    ]) {
      const { text } = await daemon.ask('GET', `${from}/export?format=${format}`);
      const headers = { 'content-type': type ?? '' };
      const { json } = await daemon.ask('POST', `${to}/import`, { body: text, headers });
      expect(json.results).toMatchObject([{ key: '192.0.2.2' }]);
    }
    const { json } = await daemon.ask('GET', `${to}/entries`);
    expect(json.entries).toMatchObject([{ key: '192.0.2.2', comment: ' stays ' }]);
  });

  test('that cannot be read are told by line, and nothing is done', async () => {
    const path = await newList({ kind: 'client' });
    const headers = { 'content-type': 'text/plain' };
    const text = await daemon.ask('POST', `${path}/import`, {
      body: '192.0.2.1 REJECT\n192.0.2.2\n',
      headers,
    });
    expect(text.json).toMatchObject({ status: 400, errors: [{ field: 'body/line 2' }] });
    const key = await daemon.ask('POST', `${path}/import`, {
      body: '# x\n192.0.2.1 REJECT\n192.0.2.300 OK\n',
      headers,
    });
    expect(key.json).toMatchObject({
      status: 400,
      errors: [{ field: 'body/line 3/key', value: '192.0.2.300' }],
    });
    expect((await daemon.ask('GET', path)).json.entries).toBe(0);
    expect((await daemon.ask('POST', `${path}/import`, { body: {} })).status).toBe(415);
  });

  test('name the column in which a time is over', async () => {
    const path = await newList({ kind: 'client' });
    const body = 'key,action,expires_at\n192.0.2.1,REJECT,2001-01-01T00:00:00Z\n';
    const answer = await daemon.ask('POST', `${path}/import`, {
      body,
      headers: { 'content-type': 'text/csv' },
    });
    expect(answer.json).toMatchObject({ status: 400, errors: [{ field: 'body/line 2/expires_at' }] });
  });

  test('in which an object has a field twice are refused, in JSON and in NDJSON', async () => {
    const path = await newList({ kind: 'client' });
    const object = '{"operation":"put","key":"192.0.2.1","action":"REJECT","action":"OK"}';
    for (const [type, body, field] of [
      ['application/json', `{"edits":[${object}]}`, 'body/action'],
      ['application/x-ndjson', `\n${object}\n`, 'body/line 2/action'],
    ] as const) {
      const answer = await daemon.ask('POST', `${path}/bulk`, { body, headers: { 'content-type': type } });
      expect(answer.json).toMatchObject({ status: 400, errors: [{ field }] });
    }
    expect((await daemon.ask('GET', path)).json.entries).toBe(0);
  });

  test('that are wrong at great length are told of in a few words', async () => {
    const path = await newList();
    const long = 'x'.repeat(4_000_000);
    for (const [type, body] of [
      ['text/plain', long],
      ['text/plain', `${long} REJECT`],
      ['text/plain', `192.0.2.1 ${long}`],
      ['text/plain', '"'.repeat(4_000_000)],
      ['text/csv', long],
      ['text/csv', '"'.repeat(4_000_000)],
      ['text/csv', `key,action\n192.0.2.1,"REJECT ${long}"\n`],
      ['application/x-ndjson', `{"${long}":1}`],
      ['application/x-ndjson', `{"key":"192.0.2.1","action":"REJECT","comment":"${long}"}`],
    ] as const) {
      const answer = await daemon.ask('POST', `${path}/import`, { body, headers: { 'content-type': type } });
      expect(answer.status).toBe(400);
      expect(answer.text.length).toBeLessThan(1000);
    }
    const edits = [{ operation: 'put', key: '192.0.2.1', action: 'x'.repeat(1000) }];
    const { json } = await daemon.ask('POST', `${path}/bulk`, { body: { edits } });
    expect(json.detail).toBe(
      `\`${'x'.repeat(100)}…\` is no action, no restriction, and no class of a policy in force`,
    );
    const name = `${'a'.repeat(60)}.`.repeat(8);
    expect((await put(path, `${name}@`, { action: 'x' })).text.length).toBeLessThan(1500);
  });

  test('of which many are misspelt get a guess for as many as are told', async () => {
    const path = await newList();
    const edits = Array.from({ length: 200 }, (_, i) => ({
      ...{ operation: 'put', key: `192.0.2.${i}`, action: 'REJCT' },
    }));
    const { json } = await daemon.ask('POST', `${path}/bulk`, { body: { edits } });
    expect(json.errors).toHaveLength(100);
    for (const { expected } of json.errors) expect(expected).toContain('did you mean `REJECT`?');
    expect(json.detail).toContain('200 of the edits are refused (and 100 more)');
  });

  test('that are nested without end are refused where they stand', async () => {
    const path = await newList({ kind: 'client' });
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const json = { 'content-type': 'application/json' };
    const ndjson = { 'content-type': 'application/x-ndjson' };
    for (const [method, to, body, headers, field] of [
      ['PUT', '/entries/192.0.2.1', `{"action":${deep}}`, json, 'body'],
      ['POST', '/bulk', `{"edits":[{"operation":"put","key":"192.0.2.1","action":${deep}}]}`, json, 'body'],
      ['POST', '/bulk', `\n${deep}\n`, ndjson, 'body/line 2'],
      ['PUT', '', deep, json, 'body'],
    ] as const) {
      const answer = await daemon.ask(method, path + to, { body, headers });
      expect(answer.json).toMatchObject({
        status: 400,
        errors: [{ field, expected: 'JSON of at most 32 levels, and this has more' }],
      });
    }
  });

  test('that say two things of one key are refused; the same thing twice is not', async () => {
    const path = await newList({ kind: 'client' });
    const headers = { 'content-type': 'text/plain' };
    const body = '192.0.2.1 REJECT\n192.0.2.2 OK\n192.0.2.1/32 OK\n';
    const refused = await daemon.ask('POST', `${path}/import`, { body, headers });
    expect(refused.json).toMatchObject({
      status: 400,
      errors: [
        { field: 'body/line 3/key', value: '192.0.2.1/32', expected: expect.stringContaining('line 1 ') },
      ],
    });
    expect((await daemon.ask('GET', path)).json.entries).toBe(0);
    const twice = await daemon.ask('POST', `${path}/import`, {
      body: '192.0.2.1 OK\n192.0.2.1/32 OK\n',
      headers,
    });
    expect(twice.json.counts).toMatchObject({ created: 1, unchanged: 1 });
  });

  test('are refused when two edits say different things of one key, however it is spelt', async () => {
    const path = await newList({ kind: 'client' });
    const bulk = (...edits: object[]) => daemon.ask('POST', `${path}/bulk`, { body: { edits } });
    const one = { operation: 'put', key: '2001:db8::7', action: 'REJECT' };
    const key = '2001:0db8::7';
    for (const other of [
      { ...one, key, action: 'OK' },
      { ...one, key, comment: 'else' },
      { ...one, key, expires_at: '2080-01-01T00:00:00Z' },
      { operation: 'remove', key },
    ]) {
      const expected = 'one entry for a key; edits/1 says another thing of `2001:db8::7`';
      expect((await bulk({ ...one, key: '192.0.2.1' }, one, other)).json).toMatchObject({
        status: 400,
        errors: [{ field: 'body/edits/2/key', value: key, expected }],
      });
    }
    expect((await daemon.ask('GET', path)).json.entries).toBe(0);
    expect((await bulk(one, { ...one, key })).json.counts).toMatchObject({ created: 1, unchanged: 1 });
  });
});

describe('a POST sent again under its Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'k-1' };

  test('does nothing twice', async () => {
    const path = await newList();
    const body = { edits: [{ operation: 'put', key: '192.0.2.1', action: 'OK' }] };
    const first = await daemon.ask('POST', `${path}/bulk`, { body, headers });
    await daemon.ask('DELETE', `${path}/entries/192.0.2.1`);
    const again = await daemon.ask('POST', `${path}/bulk`, { body, headers });
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await daemon.ask('GET', path)).json.entries).toBe(0);
    const other = { edits: [{ operation: 'put', key: '192.0.2.2', action: 'OK' }] };
    expect((await daemon.ask('POST', `${path}/bulk`, { body: other, headers })).status).toBe(422);
    const fresh = { 'idempotency-key': 'k-2' };
    expect((await daemon.ask('POST', `${path}/bulk`, { body, headers: fresh })).json.counts.created).toBe(1);
  });

  test('runs once at a time', async () => {
    const path = await newList();
    const body = { edits: [{ operation: 'put', key: '192.0.2.1', action: 'OK' }] };
    const same = { 'idempotency-key': 'k-3' };
    const answers = await Promise.all(
      [1, 2, 3].map(() => daemon.ask('POST', `${path}/bulk`, { body, headers: same })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(200);
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    const { json } = await daemon.ask('GET', `/v1/audit?list=${path.slice(10)}&operation=entry.put`);
    expect(json.records.length).toBe(1);
  });

  test('makes no second token, and tells no secret again', async () => {
    const body = { name: 'once', scopes: ['read'] };
    const key = { 'idempotency-key': 'k-4' };
    const first = await daemon.ask('POST', '/v1/tokens', { body, headers: key });
    const again = await daemon.ask('POST', '/v1/tokens', { body, headers: key });
    expect([first.status, again.status]).toEqual([201, 409]);
    expect(again.text).not.toContain(first.json.token);
  });

  test('says again why no token was made', async () => {
    const body = { name: 'taken', scopes: ['read'] };
    await daemon.ask('POST', '/v1/tokens', { body });
    const key = { 'idempotency-key': 'k-5' };
    const first = await daemon.ask('POST', '/v1/tokens', { body, headers: key });
    const again = await daemon.ask('POST', '/v1/tokens', { body, headers: key });
    expect(first.json).toMatchObject({ status: 409, detail: 'another token has that name' });
    expect([again.status, again.text]).toEqual([first.status, first.text]);
  });

  test('is for POST alone', async () => {
    expect((await daemon.ask('DELETE', '/v1/lists/list1', { headers })).status).toBe(400);
  });
});

test('a token that is held to some actions puts no others in force, and edits no lists', async () => {
  const path = await newList({ kind: 'client' });
  const name = path.slice('/v1/lists/'.length);
  await put(path, '192.0.2.9', { action: 'HOLD' });
  const wish = { name: 'held to actions', scopes: ['lists'], lists: [name], actions: ['REJECT', '5NN'] };
  const made = (await daemon.ask('POST', '/v1/tokens', { body: wish })).json;
  expect(made.actions).toEqual(wish.actions);
  const { token } = made;
  const ask = async (method: string, to: string, body?: unknown, headers = {}) =>
    daemon.ask(method, path + to, { token, body, headers });
  const entry = '/entries/192.0.2.1';
  for (const action of ['REJECT', 'reject spam', '550 5.7.1 no', '554 no', 'Reject\tspam']) {
    expect((await ask('PUT', entry, { action })).status).toBeLessThan(300);
  }
  expect((await ask('PATCH', entry, { action: 'REJECT', comment: 'x' })).status).toBe(200);
  const text = { 'content-type': 'text/plain' };
  for (const action of [
    ...['OK', 'RELAY', '550', 'DUNNO', 'DEFER', '450 later', 'permit', 'permit_mynetworks', 'REJECT,permit'],
    ...[
      'PREPEND X-A: b',
      'HOLD',
      'REDIRECT a@b.example',
      'FILTER smtp:x',
      'BCC a@b.example',
      'DISCARD',
      'REJECT\u00a0x',
    ],
  ]) {
    const edit = { operation: 'put', key: '192.0.2.2', action };
    const good = { operation: 'put', key: '192.0.2.3', action: 'REJECT' };
    for (const [answer, field] of [
      [await ask('PUT', '/entries/192.0.2.2', { action }), 'body/action'],
      [await ask('PUT', '/entries/192.0.2.2?dry_run=true', { action }), 'body/action'],
      [await ask('PATCH', entry, { action }), 'body/action'],
      [await ask('POST', '/bulk', { edits: [good, edit] }), 'body/edits/1/action'],
      [await ask('POST', '/import', `192.0.2.3 REJECT\n192.0.2.2 ${action}\n`, text), 'body/line 2/action'],
    ] as const) {
      const expected = 'one of the actions that the token is held to: REJECT, 5NN';
      expect(answer.json).toMatchObject({ status: 403, errors: [{ field, expected }] });
    }
  }
  // An expiry of its own would put in force what somebody else has put there.
  expect((await ask('PATCH', '/entries/192.0.2.9', { expires_at: null })).json).toMatchObject({
    status: 403,
    errors: [{ field: 'body/action' }],
  });
  expect((await ask('PUT', '', { description: 'mine' })).status).toBe(403);
  expect((await ask('DELETE', '')).status).toBe(403);
  expect((await ask('DELETE', entry)).status).toBe(200);
  const entries = (await ask('GET', '/entries')).json.entries;
  expect(entries).toMatchObject([{ key: '192.0.2.9', action: 'HOLD' }]);
  expect((await daemon.ask('GET', '/v1/me', { token })).json.actions).toEqual(wish.actions);
});

test('a token that is held to some lists sees and edits those alone', async () => {
  const mine = await newList();
  const other = await newList();
  const name = mine.slice('/v1/lists/'.length);
  await put(other, '192.0.2.1', { action: 'REJECT secret' });
  const body = { name: 'held', scopes: ['lists'], lists: [name] };
  const { token } = (await daemon.ask('POST', '/v1/tokens', { body })).json;
  const ask = async (method: string, path: string, options = {}) =>
    daemon.ask(method, path, { token, ...options });
  expect((await ask('GET', '/v1/lists')).json.lists.map((list: { name: string }) => list.name)).toEqual([
    name,
  ]);
  expect((await ask('GET', '/v1/lists/match?key=192.0.2.1')).json.matches).toEqual([]);
  expect((await ask('PUT', `${mine}/entries/192.0.2.1`, { body: { action: 'OK' } })).status).toBe(201);
  const text = { body: '192.0.2.2 OK\n', headers: { 'content-type': 'text/plain' } };
  const bulk = { body: { edits: [{ operation: 'put', key: '192.0.2.2', action: 'OK' }] } };
  for (const [method, path, options] of [
    ['GET', other],
    ['DELETE', other],
    ['PUT', other, { body: {} }],
    ['PUT', '/v1/lists/new', { body: {} }],
    ['GET', `${other}/entries`],
    ['GET', `${other}/entries/192.0.2.1`],
    ['PUT', `${other}/entries/192.0.2.1`, { body: { action: 'OK' } }],
    ['PATCH', `${other}/entries/192.0.2.1`, { body: { action: 'OK' } }],
    ['DELETE', `${other}/entries/192.0.2.1`],
    ['POST', `${other}/bulk`, bulk],
    ['POST', `${other}/import`, text],
    ['GET', `${other}/export`],
    ['GET', '/v1/decisions'],
    ['GET', '/v1/audit'],
  ] as const) {
    const answer = await ask(method, path, options);
    expect([method, path, answer.status]).toEqual([method, path, 403]);
    expect(answer.text).not.toContain('secret');
  }
});
