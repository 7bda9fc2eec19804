/** DNSBLs die, in the ways they do. No mail is rejected for that, and somebody is told. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';
import { type OutageDaemon, startDaemon } from './outage-daemon.ts';

const DENY = 'smtpd_client_restrictions = reject_rbl_client bl.test\n';
const HEALTHY = '@dnsbl bl.test 127.0.0.2 127.0.0.2\n@dnsbl bl.test 198.51.100.1 127.0.0.2\n';
const LISTED = { client_address: '198.51.100.1' };
const BLOCKED = '554 5.7.1 Service unavailable; Client host [198.51.100.1] blocked using bl.test';

interface World {
  readonly dns: FixtureDns;
  readonly daemon: OutageDaemon;
}

async function start(
  zone: string,
  policy = DENY,
  settings: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<World> {
  const dns = await startFixtureDns({ zone });
  onTestFinished(() => dns.stop());
  const usual = {
    DNS__TIMEOUT_MS: '400',
    DNS__ATTEMPTS: '1',
    DNS__TTL_FLOOR_SECONDS: '0',
    DNS__NEGATIVE_TTL_FLOOR_SECONDS: '0',
    DNS__DNSBL__RETRY_SECONDS: '1',
  };
  const daemon = await startDaemon({
    files: { ...files, 'mx.cf': policy },
    dns,
    hasAdmin: true,
    settings: { ...usual, ...settings },
  });
  return { dns, daemon };
}

describe('set aside, with mail let through, one line in the log, and a warning in the health', () => {
  test.each([
    [
      'dnsbl-lists-the-world',
      '*.bl.test A 127.0.0.2\n',
      'lists_the_world',
      /^bl\.test lists the world: it answers 127\.0\.0\.2 to /,
    ],
    [
      'dnsbl-answers-outside-127',
      '*.bl.test A 203.0.113.80\n',
      'outside_loopback',
      /^bl\.test answers outside 127\.0\.0\.0\/8: .*parked/,
    ],
    [
      'dnsbl-answers-error-codes',
      '*.bl.test A 127.255.255.254\n',
      'refuses',
      /^bl\.test refuses to answer, with 127\.255\.255\.254: .*through this \(public\) resolver/,
    ],
    ['dnsbl-answers-refused', '*.bl.test !REFUSED\n', 'fails', /^bl\.test cannot be asked: REFUSED/],
    ['dnsbl-answers-servfail', '*.bl.test !SERVFAIL\n', 'fails', /^bl\.test cannot be asked: SERVFAIL/],
    ['dnsbl-times-out', '*.bl.test !TIMEOUT\n', 'times_out', /^bl\.test does not answer in time/],
    [
      'dnsbl-has-vanished',
      'other.test A 192.0.2.1\n',
      'vanished',
      /^bl\.test has vanished: .*how the name is spelt/,
    ],
  ])('%s', async (_name, zone, fault, message) => {
    const { daemon } = await start(zone);
    // From the first mail on, whether a probe has come back or not.
    expect(await daemon.ask(LISTED)).toBe('DUNNO');
    const line = await daemon.logged('dnsbl_set_aside');
    expect(line).toMatchObject({ level: 'warn', dnsbl: 'bl.test', fault });
    expect(line.msg).toMatch(message);
    for (const last of [2, 3, 4]) {
      expect(await daemon.ask({ client_address: `198.51.100.${last}` })).toBe('DUNNO');
    }
    const { code, report } = await daemon.ready();
    expect(code).toBe(200);
    expect(report.checks.find(({ name }) => name === 'dnsbls')).toMatchObject({ status: 'warn' });
    expect(daemon.lines('dnsbl_set_aside')).toHaveLength(1);
    daemon.lines('decision_warning');
    await daemon.stop();
  });

  test('dnsbl-is-slow', async () => {
    const { dns, daemon } = await start(HEALTHY, DENY, { DNS__DNSBL__SLOW_MS: '200' });
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    dns.setZone(`${HEALTHY}*.bl.test !DELAY 250\n`);
    for (const last of [2, 3, 4, 5]) await daemon.ask({ client_address: `198.51.100.${last}` });
    expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({ fault: 'slow' });
    dns.clearQueries();
    await daemon.ask({ client_address: '198.51.100.9' });
    expect(dns.count('9.100.51.198.bl.test'), 'it is not waited for').toBe(0);
    await daemon.stop();
  });
});

test('dnsbl-begins-to-list-the-world-under-load', async () => {
  const { dns, daemon } = await start(HEALTHY);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  const client = (n: number) => ({ client_address: `203.0.113.${n}` });
  const answers: string[] = [];
  for (let n = 1; n <= 10; n += 1) answers.push(await daemon.ask(client(n)));
  dns.setZone('*.bl.test A 127.0.0.2\n');
  // Many at once: while the list is in doubt none of them is rejected.
  answers.push(...(await Promise.all(Array.from({ length: 60 }, (_, n) => daemon.ask(client(n + 11))))));
  for (let n = 71; n <= 90; n += 1) answers.push(await daemon.ask(client(n)));
  expect(new Set(answers)).toEqual(new Set(['DUNNO']));
  expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({ fault: 'lists_the_world' });
  await daemon.stop();
});

test('dnsbl-begins-to-list-the-world-and-every-listing-has-to-be-shown', async () => {
  const { dns, daemon } = await start(HEALTHY, DENY, { DNS__DNSBL__CONFIRM_SECONDS: '0' });
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  dns.setZone('*.bl.test A 127.0.0.2\n');
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => daemon.ask({ client_address: `203.0.113.${n}` })),
  );
  expect(new Set(answers)).toEqual(new Set(['DUNNO']));
  await daemon.logged('dnsbl_set_aside');
  await daemon.stop();
});

/** One client after the other; how many are rejected. */
async function rejected(daemon: OutageDaemon, addresses: readonly string[]): Promise<number> {
  let count = 0;
  for (const client_address of addresses) {
    if ((await daemon.ask({ client_address })).startsWith('554')) count += 1;
  }
  return count;
}

const range = (network: string, length: number): string[] =>
  Array.from({ length }, (_, n) => `${network}.${n >> 8}.${n & 255}`);

test('dnsbl-begins-to-list-the-world-after-a-wave-of-spam', async () => {
  const { dns, daemon } = await start(`${HEALTHY}*.51.198.bl.test A 127.0.0.2\n`);
  expect(await rejected(daemon, range('198.51', 200))).toBe(200);
  dns.setZone('*.bl.test A 127.0.0.2\n');
  expect(await rejected(daemon, range('203.0', 200))).toBe(0);
  await daemon.logged('dnsbl_set_aside');
  await daemon.stop();
});

test('dnsbl-begins-to-list-the-world-while-some-stay-unlisted-in-the-resolver', async () => {
  const { dns, daemon } = await start(HEALTHY);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  const names = Array.from({ length: 150 }, (_, n) => `${n}.0.0.203.bl.test`);
  const listings = names.map((name, n) => (n % 3 === 0 ? `${name} TXT "kept"\n` : `${name} A 127.0.0.2\n`));
  // The test entry stays: no wildcard matches beside it (RFC 4592).
  dns.setZone(`${HEALTHY}*.bl.test A 127.0.0.2\n${listings.join('')}`);
  expect(await rejected(daemon, range('203.0', 150))).toBe(0);
  await daemon.logged('dnsbl_set_aside');
  await daemon.stop();
});

test('dnsbl-begins-to-list-all-of-ipv6', async () => {
  const { dns, daemon } = await start(HEALTHY);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  const nibbles = Array.from('0123456789abcdef', (nibble) => `*.${nibble}.bl.test A 127.0.0.2\n`);
  dns.setZone(HEALTHY + nibbles.join(''));
  const clients = Array.from({ length: 50 }, (_, n) => `2001:4860::${n.toString(16)}`);
  expect(await rejected(daemon, clients)).toBe(0);
  expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({ fault: 'lists_the_world' });
  await daemon.stop();
});

test('dnsbl-lists-the-world-and-answers-nothing-that-would-show-it', async () => {
  const { dns, daemon } = await start(HEALTHY);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  dns.setZone('*.bl.test A 127.0.0.2\n');
  dns.setTamper(({ question, honest }) =>
    question.name.endsWith('.203.bl.test') && honest !== undefined ? [honest] : [],
  );
  const answers = await Promise.all(
    range('203.0', 40).map((client_address) => daemon.ask({ client_address })),
  );
  expect(new Set(answers)).toEqual(new Set(['DUNNO']));
  for (const event of ['decision_warning', 'dnsbl_set_aside', 'dns_server_down']) daemon.lines(event);
  await daemon.stop();
});

test('dnsbl-may-be-asked-less: two mails at most', async () => {
  const { dns, daemon } = await start(HEALTHY, DENY, { DNS__DNSBL__CONFIRM_SECONDS: '3600' });
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  dns.setZone('*.bl.test A 127.0.0.2\n');
  expect(await rejected(daemon, range('203.0', 100))).toBeLessThanOrEqual(2);
  await daemon.logged('dnsbl_set_aside');
  await daemon.stop();
});

test('dnsbl-that-a-filter-hides-answers-everything', async () => {
  const { daemon } = await start(
    '*.bl.test A 127.0.0.1\n',
    'smtpd_client_restrictions = reject_rbl_client bl.test=127.0.0.[2..11]\n',
  );
  expect(await daemon.ask(LISTED)).toBe('DUNNO');
  expect(await daemon.logged('dnsbl_doubtful')).toMatchObject({ doubt: 'answers_everything', level: 'warn' });
  expect((await daemon.logged('dnsbl_unproven')).msg).toContain('or the resolver (127.0.0.1) is refused');
  const { report } = await daemon.ready();
  expect(report.checks.find(({ name }) => name === 'dnsbls')).toMatchObject({ status: 'warn' });
  await daemon.stop();
});

test('dnsbl-knows-no-ipv6-and-does-not-say-so', async () => {
  const { daemon } = await start(
    `${HEALTHY}*.0.0.0.0.0.bl.test !TIMEOUT\n*.8.b.d.0.1.0.0.2.bl.test !TIMEOUT\n`,
    DENY,
    { DNS__DNSBL__SLOW_MS: '300', DNS__DNSBL__PROBE_SECONDS: '10' },
  );
  expect(await daemon.logged('dnsbl_doubtful')).toMatchObject({ doubt: 'silent_family' });
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  expect(daemon.lines('dnsbl_set_aside')).toEqual([]);
  await daemon.stop();
});

test('all-dnsbls-lose-their-test-entry-at-once: the resolver is named', async () => {
  const zones = ['one.test', 'two.test', 'three.test'];
  const { daemon } = await start(
    zones.map((zone) => `2.0.0.127.${zone} TXT "the address is kept back"\n`).join(''),
    `smtpd_client_restrictions = ${zones.map((zone) => `reject_rbl_client ${zone}`).join(', ')}\n`,
  );
  expect(await daemon.ask(LISTED)).toBe('DUNNO');
  const line = await daemon.logged('dnsbl_unproven');
  expect(line.msg).toContain('the resolver (127.0.0.1) is the likely cause');
  await daemon.stop();
});

test('dnsbl-begins-to-refuse-under-load', async () => {
  const { dns, daemon } = await start(HEALTHY);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  dns.setZone('*.bl.test A 127.255.255.255\n');
  for (let n = 1; n <= 10; n += 1)
    expect(await daemon.ask({ client_address: `203.0.113.${n}` })).toBe('DUNNO');
  expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({ fault: 'refuses' });
  daemon.lines('decision_warning');
  await daemon.stop();
});

test('dnsbl-dies-and-returns', async () => {
  const { dns, daemon } = await start('*.bl.test !SERVFAIL\n');
  await daemon.logged('dnsbl_set_aside');
  dns.setZone(HEALTHY);
  await daemon.logged('dnsbl_returned');
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  const { report } = await daemon.ready();
  expect(report.checks.find(({ name }) => name === 'dnsbls')).toMatchObject({ status: 'pass' });
  await daemon.stop();
});

test('dnsbl-without-test-entry', async () => {
  const { daemon } = await start('@dnsbl bl.test 198.51.100.1 127.0.0.2\n');
  expect(await daemon.logged('dnsbl_unproven')).toMatchObject({ level: 'warn', dnsbl: 'bl.test' });
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  await daemon.stop();
});

test('dnsbl-lists-the-world-and-the-policy-only-wants-reports', async () => {
  const { daemon } = await start('*.bl.test A 127.0.0.2\n', `${DENY}dnsbl_health = report\n`);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  expect((await daemon.logged('dnsbl_set_aside')).msg).toContain('asked all the same');
  await daemon.stop();
});

test('dnsbl-error-codes-count-as-listings-when-asked-for', async () => {
  const { daemon } = await start('*.bl.test A 127.255.255.254\n', `${DENY}dnsbl_error_answers = listed\n`);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  await daemon.stop();
});

describe('allow lists', () => {
  const ALLOW =
    'smtpd_client_restrictions = permit_dnswl_client wl.test, reject_rbl_client bl.test\nmydestination = dest.test\n';

  test.each([
    ['allow-list-never-answers', '*.wl.test !TIMEOUT\n'],
    ['allow-list-lists-the-world', '*.wl.test A 127.0.5.1\n'],
    ['allow-list-answers-error-codes', '*.wl.test A 127.255.255.255\n'],
  ])('%s: what it would have permitted is not rejected for good', async (_name, zone) => {
    const { dns, daemon } = await start(HEALTHY + zone, ALLOW);
    expect(await daemon.ask(LISTED)).toBe('450 4.7.1 Service unavailable');
    await daemon.logged('dnsbl_set_aside');
    dns.clearQueries();
    expect(await daemon.ask(LISTED), 'nor afterwards').toBe('450 4.7.1 Service unavailable');
    expect(dns.count('1.100.51.198.wl.test')).toBe(0);
    expect(await daemon.ask({ client_address: '192.0.2.77' }), 'mail that nobody objects to passes').toBe(
      'DUNNO',
    );
    daemon.lines('decision_warning');
    await daemon.stop();
  });

  test('allow-list-is-dead-for-long: rejects are rejects again', async () => {
    const { daemon } = await start(`${HEALTHY}*.wl.test !SERVFAIL\n`, ALLOW, {
      DNS__DNSBL__ALLOW_GRACE_HOURS: '0',
    });
    await daemon.logged('dnsbl_set_aside');
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    await daemon.stop();
  });
});

test('one-list-of-nine-is-dead', async () => {
  const names = Array.from({ length: 9 }, (_, index) => `list${index}.test`);
  const policy = `smtpd_client_restrictions = ${names.map((name) => `reject_rbl_client ${name}`).join(', ')}\n`;
  const entries = names
    .filter((name) => name !== 'list3.test')
    .map((name) => `@dnsbl ${name} 127.0.0.2 127.0.0.2\n`);
  const { daemon } = await start(
    `${entries.join('')}*.list3.test !TIMEOUT\n@dnsbl list8.test 198.51.100.1 127.0.0.2\n`,
    policy,
  );
  expect(await daemon.ask(LISTED)).toBe(BLOCKED.replace('bl.test', 'list8.test'));
  expect(await daemon.ask()).toBe('DUNNO');
  expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({ dnsbl: 'list3.test', fault: 'times_out' });
  daemon.lines('decision_warning');
  await daemon.stop();
});

test('zone-with-servers-of-its-own', async () => {
  const mirror = await startFixtureDns({ zone: HEALTHY });
  onTestFinished(() => mirror.stop());
  const { dns, daemon } = await start('sender.test MX 10 mx.sender.test\n', DENY, {
    DNS__ZONES: `{bl.test: {servers: ["127.0.0.1:${mirror.port}"]}}`,
  });
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  expect(dns.queries.filter(({ name }) => name.endsWith('bl.test'))).toEqual([]);
  // The mirror dies; the DNS itself does not.
  await mirror.stop();
  expect(await daemon.ask({ client_address: '198.51.100.2' })).toBe('DUNNO');
  expect(await daemon.logged('dns_server_down')).toMatchObject({ server: `127.0.0.1:${mirror.port}` });
  daemon.lines('decision_warning');
  daemon.lines('dnsbl_set_aside');
  await daemon.stop();
});

test('zone-with-servers-of-its-own-dies-while-the-usual-ones-are-dead', async () => {
  const mirror = await startFixtureDns({ zone: HEALTHY });
  onTestFinished(() => mirror.stop());
  const { dns, daemon } = await start('', DENY, {
    DNS__ZONES: `{bl.test: {servers: ["127.0.0.1:${mirror.port}"]}}`,
    DNS__DNSBL__PROBE_SECONDS: '10',
  });
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  await dns.stop();
  await mirror.stop();
  for (const last of [2, 3, 4, 5]) await daemon.ask({ client_address: `198.51.100.${last}` });
  const { fault } = await daemon.logged('dnsbl_set_aside');
  expect(['fails', 'times_out']).toContain(fault);
  for (const event of ['decision_warning', 'dns_server_down']) daemon.lines(event);
  await daemon.stop();
});

test('a-private-zone-shows-its-key-nowhere', async () => {
  const { daemon } = await start(
    '@dnsbl s3cr3t.bl.test 127.0.0.2 127.0.0.2\n@dnsbl s3cr3t.bl.test 198.51.100.1 127.0.0.2\n*.s3cr3t.other.test !SERVFAIL\n',
    'smtpd_client_restrictions = reject_rbl_client s3cr3t.other.test, reject_rbl_client s3cr3t.bl.test\n',
    { DNS__ZONES: '{s3cr3t.bl.test: {private: yes}, s3cr3t.other.test: {private: yes}}' },
  );
  expect(await daemon.ask(LISTED)).toBe(BLOCKED.replace('bl.test', '*.bl.test'));
  await daemon.logged('dnsbl_set_aside');
  daemon.lines('decision_warning');
  expect(JSON.stringify(daemon.log)).not.toContain('s3cr3t');
  expect(JSON.stringify(await daemon.ready())).not.toContain('s3cr3t');
  const metrics = await daemon.metrics();
  expect(metrics).toContain('postward_dnsbl_up{dnsbl="*.other.test",subject="address"} 0');
  expect(metrics).not.toContain('s3cr3t');
  await daemon.stop();
});

test('nor-does-one-that-a-table-or-its-own-reason-names', async () => {
  const zones = ['s3cr3t.bl.test', 's3cr3t.zen.dq.spamhaus.net', 's3cr3t.df.uribl.com'];
  const { daemon } = await start(
    zones
      .flatMap((zone, at) => [
        `@dnsbl ${zone} 127.0.0.2 127.0.0.2`,
        `@dnsbl ${zone} 198.51.100.${at + 1} 127.0.0.2 "${'x'.repeat(485)} see ${zone}"`,
        `@dnsbl ${zone} 203.0.113.${at + 1} 127.0.0.2 "see http://${zone}/"`,
      ])
      .join('\n'),
    'smtpd_client_restrictions = check_client_access hash:$config_directory/access\n',
    { DNS__ZONES: '{s3cr3t.bl.test: {private: yes}}' },
    {
      access: zones
        .flatMap((zone, at) => [
          `198.51.100.${at + 1} reject_rbl_client ${zone}`,
          `203.0.113.${at + 1} warn_if_reject reject_rbl_client ${zone}, reject_rbl_client ${zone}`,
          `192.0.2.${at + 1} reject_rbl_klient ${zone}, ${zone}`,
          `192.0.2.${at + 21} 554 5.7.1 ${'long '.repeat(400)} see ${zone}`,
          `192.0.2.${at + 31} reject_rbl_client ${zone}=127.0.0.[`,
        ])
        .join('\n'),
    },
  );
  const answers: string[] = [];
  for (const [at, zone] of zones.entries()) {
    const shown = zone.replace('s3cr3t', '*');
    const listed = await daemon.ask({ client_address: `198.51.100.${at + 1}` });
    expect(listed).toContain(`blocked using ${shown}; xxx`);
    const reasoned = await daemon.ask({ client_address: `203.0.113.${at + 1}` });
    expect(reasoned).toMatch(new RegExp(`; see http://${shown.replace('*', '\\*')}/$`));
    answers.push(listed, reasoned);
    for (const last of [1, 21, 31])
      answers.push(await daemon.ask({ client_address: `192.0.2.${at + last}` }));
  }
  const places = {
    answers: answers.join('\n'),
    log: JSON.stringify(daemon.log),
    decisions: await daemon.api('/v1/decisions?limit=100'),
    explanation: await daemon.api('/v1/explain', { attributes: { client_address: '203.0.113.1' } }),
    policies: await daemon.api('/v1/policies/mx'),
    ready: JSON.stringify(await daemon.ready()),
    metrics: await daemon.metrics(),
  };
  for (const event of ['decision_warning', 'diagnostic_warning', 'dnsbl_unproven']) daemon.lines(event);
  expect(places.log).toContain('"table_value":"reject_rbl_client *.bl.test"');
  expect(places.decisions).toContain('reject_rbl_client *.zen.dq.spamhaus.net');
  expect(places.explanation).toContain('*.bl.test');
  for (const [place, text] of Object.entries(places))
    expect({ [place]: /.{0,60}s3cr.{0,60}/.exec(text)?.[0] }).toEqual({});
  await daemon.stop();
});
