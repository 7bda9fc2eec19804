import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ADMIN_TOKEN, ApiDaemon, POLICY } from './api-daemon.ts';

let daemon: ApiDaemon;
beforeAll(async () => {
  daemon = await ApiDaemon.start();
});
afterAll(() => daemon.stop());

describe('policies', () => {
  test('are told with how the last reload went', async () => {
    const { json } = await daemon.ask('GET', '/v1/policies');
    expect(json).toMatchObject({
      version: 1,
      default_policy: 'mx',
      policies: [{ name: 'mx', sources: [expect.stringContaining('/mx.cf')] }],
      last_reload: { in_force: true },
    });
  });

  test('are shown as they were understood, classes in their place', async () => {
    const { json } = await daemon.ask('GET', '/v1/policies/mx');
    const helo = json.lists.find(({ list }: { list: string }) => list === 'helo');
    expect(helo.steps).toMatchObject([
      { restriction: 'strict', depth: 0, line: 6 },
      { restriction: 'reject_non_fqdn_helo_hostname', depth: 1, line: 4 },
    ]);
    expect((await daemon.ask('GET', '/v1/policies/nope')).status).toBe(404);
  });

  test('that may come are checked', async () => {
    const text = 'smtpd_client_restrictions = permit_mynetwork';
    const { json } = await daemon.ask('POST', '/v1/policies/check', { body: { text } });
    expect(json.errors).toBeGreaterThan(0);
    expect(json.diagnostics).toContainEqual(
      expect.objectContaining({ code: 'unknown-restriction', line: 1, column: 29, length: 16 }),
    );
    const sound = await daemon.ask('POST', '/v1/policies/check', { body: { text: POLICY } });
    expect(sound.json.errors).toBe(0);
    const other = await daemon.ask('POST', '/v1/policies/check', { body: { text, policy: 'other' } });
    expect(other.json).toMatchObject({ status: 400, errors: [{ field: 'body/policy', value: 'other' }] });
  });

  test('may name no list that the API could not name', async () => {
    const text = 'smtpd_client_restrictions = check_client_access list:match';
    const { json } = await daemon.ask('POST', '/v1/policies/check', { body: { text } });
    expect(json.diagnostics).toMatchObject([
      { severity: 'error', help: expect.stringContaining('not `match`') },
    ]);
  });

  test('that are wrong at great length are told of in a few words', async () => {
    const long = 'x'.repeat(20_000);
    const text = `${long}\n${long} = 1\nsoft_bounce = ${long}\nsmtpd_client_restrictions = ${long} check_client_access ${long}:\n`;
    const { json } = await daemon.ask('POST', '/v1/policies/check', { body: { text } });
    expect(json.diagnostics.length).toBeGreaterThan(2);
    for (const { message, help = '' } of json.diagnostics) {
      expect(message.length).toBeLessThan(1100);
      expect(help.length).toBeLessThan(1100);
    }
  });

  test('that stand for more than is looked through are refused with the place', async () => {
    const tenfold = Array.from({ length: 4 }, (_, i) => `a${i + 1} = ${`$a${i} `.repeat(10)}\n`).join('');
    const text = `a0 = reject,\n${tenfold}smtpd_client_restrictions = $a4 $a4\nsmtpd_helo_restrictions = $a4\n`;
    const { json } = await daemon.ask('POST', '/v1/policies/check', { body: { text } });
    expect(json.diagnostics).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'policy-too-large', line: expect.any(Number) }),
    );
    const attributes = { client_address: '192.0.2.1' };
    const explained = await daemon.ask('POST', '/v1/policies/explain', { body: { text, attributes } });
    expect(explained.json).toMatchObject({ verdict: 'defer' });
  });

  test('are reloaded', async () => {
    const before = (await daemon.ask('GET', '/v1/policies')).json.version;
    const { json } = await daemon.ask('POST', '/v1/policies/reload');
    expect(json.version).toBe(before + 1);
    const { records } = (await daemon.ask('GET', '/v1/audit?operation=policy.reload')).json;
    expect(records[0]).toMatchObject({
      actor: 'token:environment',
      after: { version: before + 1, in_force: true },
    });
  });
});

test.each([
  ['get', '/v1/lists', []],
  ['get', '/v1/lists/{list}', ['If-None-Match']],
  ['put', '/v1/lists/{list}', ['If-Match', 'If-None-Match']],
  ['get', '/v1/lists/{list}/entries', []],
  ['get', '/v1/lists/{list}/entries/{key}', ['If-None-Match']],
  ['delete', '/v1/lists/{list}/entries/{key}', ['If-Match', 'If-None-Match']],
  ['post', '/v1/lists/{list}/bulk', ['Idempotency-Key']],
  ['post', '/v1/tokens', ['Idempotency-Key']],
  ['get', '/v1/decisions/stream', ['Last-Event-ID']],
])('the description names the headers that %s %s heeds', (method, path, headers) => {
  const parameters = daemon.description.paths[path]?.[method]?.parameters ?? [];
  const named = parameters.filter((parameter) => parameter.in === 'header');
  expect(named.map(({ name }) => name)).toEqual(headers);
  expect(named.filter(({ required }) => required === true)).toEqual([]);
});

describe('explain', () => {
  const attributes = {
    client_address: '192.0.2.1',
    helo_name: 'x',
    sender: 'a@b.test',
    recipient: 'c@dest.test',
  };

  test('tells the whole way, by a policy in force', async () => {
    const { json } = await daemon.ask('POST', '/v1/explain', { body: { attributes } });
    expect(json).toMatchObject({
      verdict: 'reject',
      decided_by: { list: 'helo', restriction: 'reject_non_fqdn_helo_hostname' },
      trace: [{ list: 'client' }, { list: 'helo', result: 'rejected' }],
    });
    expect(json.trace[0].entries[0].lookups[1]).toEqual({
      table: 'list:reject_client',
      key: '192.0.2.1',
      failure: '',
    });
  });

  test('or by one that may come', async () => {
    const text = 'smtpd_client_restrictions = check_client_access inline:{{192.0.2.1 = REJECT not you}}';
    const { json } = await daemon.ask('POST', '/v1/policies/explain', { body: { attributes, text } });
    expect(json).toMatchObject({ verdict: 'reject', action: '554 5.7.1 not you' });
  });

  test.each([
    [{ attributes: { client_adress: '192.0.2.1' } }, 'body/attributes/client_adress'],
    [{ attributes: { client_address: '192.0.2.300' } }, 'body/attributes/client_address'],
    [{ attributes: { sender: 'a\nb' } }, 'body/attributes/sender'],
    [{ attributes: { sender: 5 } }, 'body/attributes/sender'],
    [{ attributes: {}, policy: 'other' }, 'body/policy'],
    [{}, 'body/attributes'],
  ])('names what is wrong: %j', async (body, field) => {
    const { json } = await daemon.ask('POST', '/v1/explain', { body });
    expect(json).toMatchObject({ status: 400, errors: [{ field }] });
  });
});

describe('decisions', () => {
  test('are chosen by what is asked for', async () => {
    const probes = [
      { client_address: '198.51.100.7', client_name: 'a.one.test', sender: '' },
      { client_address: '198.51.100.8', client_name: 'b.one.test', sender: 'X@two.test' },
      { client_address: '2001:db8::7', client_name: 'unknown', recipient: 'r@elsewhere.test' },
    ];
    for (const probe of probes) await daemon.decide(probe);
    const found = async (query: string): Promise<string[]> =>
      (await daemon.ask('GET', `/v1/decisions?${query}`)).json.decisions.map(
        ({ client_address }: { client_address: string }) => client_address,
      );
    expect(await found('client=198.51.100.0/24')).toEqual(['198.51.100.8', '198.51.100.7']);
    expect(await found('client=198.51.100.7')).toEqual(['198.51.100.7']);
    expect(await found('client=2001:db8::/32')).toEqual(['2001:db8::7']);
    expect(await found('client=b.one.test')).toEqual(['198.51.100.8']);
    expect(await found('client=.one.test&limit=1')).toEqual(['198.51.100.8']);
    expect(await found('sender=<>')).toEqual(['198.51.100.7']);
    expect(await found('sender=two.test')).toEqual(['198.51.100.8']);
    expect(await found('sender=x@TWO.test')).toEqual(['198.51.100.8']);
    expect(await found('recipient=elsewhere.test&verdict=reject')).toEqual(['2001:db8::7']);
    expect(await found('restriction=reject_unauth_destination&list=recipient&policy=mx')).toEqual([
      '2001:db8::7',
    ]);
    expect(await found('client=198.51.100.0/24&verdict=reject')).toEqual([]);
    expect(await found(`since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    expect((await daemon.ask('GET', '/v1/decisions?client=1.2.3')).json).toMatchObject({
      status: 400,
      errors: [{ field: 'querystring/client', value: '1.2.3' }],
    });
  });

  test('come in pages', async () => {
    for (let i = 0; i < 5; i += 1) await daemon.decide({ client_address: `203.0.113.${i}` });
    const seen: string[] = [];
    for (let cursor = '', more = true; more; ) {
      const { json } = await daemon.ask('GET', `/v1/decisions?client=203.0.113.0/24&limit=2${cursor}`);
      seen.push(...json.decisions.map((one: { client_address: string }) => one.client_address));
      more = json.next_cursor !== undefined;
      cursor = `&cursor=${json.next_cursor}`;
    }
    expect(seen).toEqual([4, 3, 2, 1, 0].map((i) => `203.0.113.${i}`));
    expect((await daemon.ask('GET', '/v1/decisions?cursor=00000000-1')).status).toBe(400);
  });

  test('are followed as they are made, with what was missed', async () => {
    const follow = async (query: string, headers = {}) => {
      const end = new AbortController();
      const answer = await fetch(`${daemon.url}/v1/decisions/stream?${query}`, {
        headers: { authorization: 'Bearer a-token-of-the-environment-of-some-length', ...headers },
        signal: end.signal,
      });
      expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      let text = '';
      const read = (async () => {
        for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
      })().catch(() => {});
      const ids = () => [...text.matchAll(/^id: (.*)$/gm)].map((match) => match[1]);
      const until = async (count: number) => {
        while (ids().length < count) await sleep(5);
        return [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? ''));
      };
      const stop = async () => {
        end.abort();
        await read;
      };
      return { until, ids, stop };
    };
    const one = await follow('client=192.0.2.99');
    await daemon.decide({ client_address: '192.0.2.98' });
    await daemon.decide({ client_address: '192.0.2.99', sender: 'first@a.test' });
    expect(await one.until(1)).toMatchObject([
      { client_address: '192.0.2.99', sender: 'first@a.test', event: 'decision' },
    ]);
    const last = one.ids().at(-1) ?? '';
    await one.stop();
    await daemon.decide({ client_address: '192.0.2.99', sender: 'second@a.test' });
    const two = await follow('client=192.0.2.99', { 'last-event-id': last });
    expect(await two.until(1)).toMatchObject([{ sender: 'second@a.test' }]);
    await two.stop();
  });
});

describe('decisions that a client has missed', () => {
  test.each([
    ['come all, as many as are kept', 5000, 3000, 0],
    ['are counted when they are not kept any more', 1000, 1000, 2000],
  ])('%s', async (_name, kept, come, gone) => {
    const daemon = await ApiDaemon.start({ settings: { ADMIN__DECISIONS: String(kept) } });
    onTestFinished(() => daemon.stop());
    await daemon.decide();
    const { decisions } = (await daemon.ask('GET', '/v1/decisions?limit=1')).json;
    await decideMany(daemon, 3000);
    const end = new AbortController();
    const answer = await fetch(`${daemon.url}/v1/decisions/stream`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'last-event-id': decisions[0].id },
      signal: end.signal,
    });
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('to-2999@dest.test') && text.endsWith('\n\n')) break;
    }
    end.abort();
    expect(text.match(/^event: decision$/gm)).toHaveLength(come);
    const counts = [...text.matchAll(/^event: dropped\ndata: \{"count":(\d+)\}$/gm)].map(([, n]) =>
      Number(n),
    );
    expect(counts).toEqual(gone === 0 ? [] : [gone]);
  });
});

/** Requests one after the other on one connection. */
async function decideMany(daemon: ApiDaemon, count: number): Promise<void> {
  const address = daemon.app.listeners[0]?.address;
  if (address?.kind !== 'tcp') throw new Error('no policy socket');
  const socket = connect(address.port, address.host);
  const requests = Array.from(
    { length: count },
    (_, i) =>
      `request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.7\nsender=a@b.test\nrecipient=to-${i}@dest.test\n\n`,
  );
  socket.end(requests.join(''));
  socket.resume();
  await once(socket, 'close');
}

describe('tokens', () => {
  test('are made, shown without their text, used, and revoked', async () => {
    const made = await daemon.ask('POST', '/v1/tokens', { body: { name: 'ci', scopes: ['read'] } });
    expect(made.status).toBe(201);
    const { id, token } = made.json;
    expect(made.headers.get('location')).toBe(`/v1/tokens/${id}`);
    expect((await daemon.ask('GET', '/v1/me', { token })).json).toEqual({
      actor: `token:${id} (ci)`,
      scopes: ['read'],
    });
    const shown = (await daemon.ask('GET', `/v1/tokens/${id}`)).json;
    expect(shown).toMatchObject({ id, name: 'ci', scopes: ['read'], last_used_at: expect.any(String) });
    expect(JSON.stringify((await daemon.ask('GET', '/v1/tokens')).json)).not.toContain(token.slice(16));
    expect((await daemon.ask('POST', '/v1/tokens', { body: { name: 'ci', scopes: ['read'] } })).status).toBe(
      409,
    );
    expect((await daemon.ask('DELETE', `/v1/tokens/${id}`)).status).toBe(204);
    expect((await daemon.ask('GET', '/v1/me', { token })).status).toBe(401);
    expect((await daemon.ask('DELETE', `/v1/tokens/${id}`)).status).toBe(404);
    const { json } = await daemon.ask('GET', `/v1/audit?subject=${id}`);
    expect(json.records).toMatchObject([
      { operation: 'token.revoke', actor: 'token:environment', before: { name: 'ci', scopes: ['read'] } },
      { operation: 'token.create', actor: 'token:environment', after: { name: 'ci' } },
    ]);
  });

  test.each([
    [{ name: 'x', scopes: [] }, 'body/scopes'],
    [{ name: 'x', scopes: ['root'] }, 'body/scopes/0'],
    [{ name: 'x\n', scopes: ['read'] }, 'body/name'],
    [{ name: 'x\ud83d', scopes: ['read'] }, 'body/name'],
    [{ name: 'x', scopes: ['admin'], lists: ['a'] }, 'body/scopes'],
    [{ name: 'x', scopes: ['read'], expires_at: '2020-01-01T00:00:00Z' }, 'body/expires_at'],
    [{ name: 'x', scopes: ['read'], expires_at: 'tomorrow' }, 'body/expires_at'],
    [{ name: 'x', scopes: ['read'], lists: ['../x'] }, 'body/lists/0'],
  ])('that make no sense are refused: %j', async (body, field) => {
    const { json } = await daemon.ask('POST', '/v1/tokens', { body });
    expect(json).toMatchObject({ status: 400, errors: [{ field }] });
  });
});

test.each([
  [{ scopes: ['read'], actions: ['REJECT'] }, 'body/scopes'],
  [{ scopes: ['lists', 'policies'], actions: ['REJECT'] }, 'body/scopes'],
  [{ scopes: ['admin'], actions: ['REJECT'] }, 'body/scopes'],
  [{ scopes: ['lists'], actions: [] }, 'body/actions'],
  [{ scopes: ['lists'], actions: ['550'] }, 'body/actions/0'],
])('a token held to actions makes no sense as %j', async (wish, field) => {
  const { json } = await daemon.ask('POST', '/v1/tokens', { body: { name: 'wrong', ...wish } });
  expect(json).toMatchObject({ status: 400, errors: [{ field }] });
});

test('times that are none are told, wherever they stand', async () => {
  const leap = '2030-12-31T23:59:60Z';
  const errors = [{ value: leap, expected: 'a time such as `2027-01-31T12:00:00Z`, with seconds up to 59' }];
  const body = { name: 'leap', scopes: ['read'], expires_at: leap };
  for (const answer of [
    await daemon.ask('POST', '/v1/tokens', { body }),
    await daemon.ask('GET', `/v1/audit?since=${leap}`),
    await daemon.ask('GET', `/v1/audit?until=${leap}`),
    await daemon.ask('GET', `/v1/decisions?since=${leap}`),
  ]) {
    expect(answer.json).toMatchObject({ status: 400, errors });
  }
});

test('the DNS: what is kept of a name, and forgetting it', async () => {
  expect((await daemon.ask('GET', '/v1/dns/cache?name=example.org')).json).toEqual({
    name: 'example.org',
    answers: [],
  });
  expect((await daemon.ask('POST', '/v1/dns/flush', { body: { name: 'example.org' } })).json).toEqual({
    entries: 0,
  });
});

test("the audit trail hides a DNSBL customer's key in a name that was forgotten", async () => {
  const name = '2.0.0.127.k3y.zen.dq.spamhaus.net';
  await daemon.ask('POST', '/v1/dns/flush', { body: { name } });
  const { text } = await daemon.ask('GET', '/v1/audit?limit=5');
  expect(text).toContain('2.0.0.127.*.zen.dq.spamhaus.net');
  expect(text).not.toContain('k3y');
});

test('the status', async () => {
  expect((await daemon.ask('GET', '/v1/status')).json).toMatchObject({
    health: { checks: expect.any(Array) },
    sockets: [{ policy: 'mx' }],
  });
});

test('the page that describes the API runs nothing that comes from elsewhere', async () => {
  const page = await daemon.ask('GET', '/docs', { token: null });
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
  expect(page.text).not.toMatch(/<script>|https?:/);
  for (const [, path = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const file = await daemon.ask('GET', path, { token: null });
    expect([path, file.status]).toEqual([path, 200]);
    expect(file.text.length).toBeGreaterThan(50);
  }
});
