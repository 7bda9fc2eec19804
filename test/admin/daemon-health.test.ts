import { expect, test } from 'vitest';
import { DaemonHealth, type DaemonParts } from '../../src/admin/daemon-health.ts';
import { worstStatus } from '../../src/admin/health.ts';
import { DNSBL_DOUBTS } from '../../src/dns/dnsbl-doubts.ts';
import { DNSBL_FAULTS } from '../../src/dns/dnsbl-faults.ts';

const at = new Date('2026-11-22T06:00:00Z');
const loaded = { isSwapped: true, version: 3, diagnostics: [], at };

function daemon(parts: Partial<DaemonParts>): DaemonHealth {
  return new DaemonHealth({
    lastReload: () => loaded,
    policies: () => ['mx', 'submission'],
    staleTables: () => new Map(),
    sockets: () => ['127.0.0.1:10040'],
    dns: () => ({ lookups: 0, failures: 0 }),
    dnsServersDown: () => [],
    dnsbls: () => [],
    wiringDoubts: () => [],
    storeFailure: () => undefined,
    ...parts,
  });
}

test('all is well', () => {
  const checks = daemon({}).checks();
  expect(worstStatus(checks)).toBe('pass');
  expect(checks.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
    'policies: mx, submission',
    'policy_sockets: 127.0.0.1:10040',
    'reload: version 3 in force since 2026-11-22T06:00:00.000Z',
    'tables: as on disk',
    'dns: no failures noticed',
    'dnsbls: 0 in use',
    'store: edits are kept',
    'wiring: nothing looks wrong',
  ]);
});

test.each([
  [{ policies: () => [] }, 'no policy is loaded'],
  [{ sockets: () => [] }, 'no policy socket is open'],
  [{ lastReload: () => undefined }, 'nothing has been loaded yet'],
])('it cannot decide: %#', (parts, reason) => {
  const checks = daemon(parts).checks();
  expect(worstStatus(checks)).toBe('fail');
  expect(checks.find(({ status }) => status === 'fail')?.reason).toBe(reason);
});

test('a reload that failed is a warning with its reason, since the old policies decide', () => {
  const error = (message: string) => ({ severity: 'error', code: 'x', message }) as const;
  const diagnostics = [{ ...error('a doubt'), severity: 'warning' } as const, error('bad'), error('worse')];
  const checks = daemon({ lastReload: () => ({ ...loaded, isSwapped: false, diagnostics }) }).checks();
  expect(worstStatus(checks)).toBe('warn');
  expect(checks.find(({ name }) => name === 'reload')?.reason).toBe(
    'failed at 2026-11-22T06:00:00.000Z, version 3 stays in force: bad (and 1 more)',
  );
});

test('policies in force in spite of their mistakes are a warning', () => {
  const diagnostics = [{ severity: 'error', code: 'x', message: 'bad' }] as const;
  const checks = daemon({ lastReload: () => ({ ...loaded, diagnostics }) }).checks();
  expect(checks.find(({ name }) => name === 'reload')).toMatchObject({
    status: 'warn',
    reason: 'version 3 in force since 2026-11-22T06:00:00.000Z in spite of mistakes: bad',
  });
});

test('a table that is not what is on disk is a warning', () => {
  const staleTables = new Map([
    ['hash:/a', 'no such file'],
    ['cidr:/b', 'bad'],
  ]);
  const checks = daemon({ staleTables: () => staleTables }).checks();
  expect(checks.find(({ name }) => name === 'tables')).toMatchObject({
    status: 'warn',
    reason: 'what was read before stays in force: hash:/a: no such file (and 1 more)',
  });
});

test('DNS that mostly fails is a warning, until it answers again', () => {
  let nowMs = 0;
  let dns = { lookups: 0, failures: 0 };
  const health = daemon({ now: () => nowMs, dns: () => dns });
  const status = () => health.checks().find(({ name }) => name === 'dns');

  dns = { lookups: 20, failures: 20 };
  expect(status()?.status).toBe('pass');
  nowMs = 15_000;
  expect(status()).toMatchObject({ status: 'warn', reason: '20 of the last 20 lookups failed' });
  nowMs = 16_000;
  dns = { lookups: 100, failures: 21 };
  expect(status()?.status).toBe('warn');
  nowMs = 30_000;
  expect(status()).toMatchObject({ status: 'pass', reason: '79 of the last 80 lookups were answered' });
});

test.each([
  [{}, 'pass', 'redis://r: the lists are the same here and there'],
  [{ isSame: false }, 'pass', 'redis://r: the lists are being compared'],
  [
    { isSame: false, trouble: 'the list `bad` is not the same' },
    'warn',
    'redis://r: the list `bad` is not the same',
  ],
  [{ trouble: 'the clock here is wrong' }, 'warn', 'redis://r: the clock here is wrong'],
  [{ outage: 'no answer', trouble: 'x' }, 'warn', 'redis://r: no answer; lists are decided by what is here'],
])('the sharing of lists: %j', (found, status, reason) => {
  const redis = { server: 'redis://r', outage: '', hasUnshared: false, isSame: true, trouble: '', ...found };
  const check = daemon({ redis: () => redis })
    .checks()
    .find(({ name }) => name === 'redis');
  expect(check).toEqual({ name: 'redis', status, reason });
});

test('a DNS server that is down, and lists that fail, are for a person to see', () => {
  const list = (shown: string, rest: Partial<ReturnType<DaemonParts['dnsbls']>[number]>) => ({
    shown,
    state: 'healthy' as const,
    fault: undefined,
    doubts: [],
    ...rest,
  });
  const dnsbls = (...lists: ReturnType<DaemonParts['dnsbls']>) =>
    daemon({ dnsbls: () => lists })
      .checks()
      .find(({ name }) => name === 'dnsbls');
  const checks = daemon({
    dnsServersDown: () => ['127.0.0.1:53'],
    dnsbls: () => [
      list('good.test', {}),
      list('bl.test', { state: 'set_aside', fault: DNSBL_FAULTS.timesOut() }),
      list('own.test', { state: 'unproven' }),
    ],
  }).checks();
  expect(
    checks.filter(({ status }) => status === 'warn').map(({ name, reason }) => `${name}: ${reason}`),
  ).toEqual(['dns: no answer from 127.0.0.1:53', 'dnsbls: bl.test does not answer in time (and 1 more)']);
  const unproven = { state: 'unproven' as const };
  expect(dnsbls(list('one.test', unproven), list('two.test', unproven))).toMatchObject({
    status: 'warn',
    reason: 'no list has its test entry: the resolver is refused, or keeps the answers back',
  });
  expect(dnsbls(list('one.test', { doubts: [DNSBL_DOUBTS.silentFamily('IPv6')] }))).toMatchObject({
    status: 'warn',
    reason: 'one.test gives no answer about IPv6 addresses',
  });
});

test('everything that looks wrong about the wiring is said', () => {
  const doubts = [
    { message: 'one', help: 'mend one' },
    { message: 'two', help: 'mend two' },
  ];
  const checks = daemon({ wiringDoubts: () => doubts }).checks();
  expect(checks.find(({ name }) => name === 'wiring')).toEqual({
    name: 'wiring',
    status: 'warn',
    reason: 'one; mend one | two; mend two',
  });
});
