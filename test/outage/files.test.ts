/** Policies and tables change, break and vanish under a running daemon. What worked stays in force until something better is there. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { requirement } from '../support/requirements.ts';
import { startDaemon } from './outage-daemon.ts';

const CLIENTS =
  'smtpd_client_restrictions = check_client_access hash:$config_directory/reject_client, check_client_access cidr:$config_directory/networks\n';
const FILES = {
  'mx.cf': CLIENTS,
  reject_client: '192.0.2.10 REJECT first\n',
  networks: '198.51.100.0/24 REJECT network\n',
};
const NETWORK = { client_address: '198.51.100.7' };
const REJECTED = '554 5.7.1 first';

test('table-edited-takes-effect', async () => {
  const daemon = await startDaemon({
    files: {
      'mx.cf':
        'mynetworks = $config_directory/mynetworks\nsmtpd_client_restrictions = permit_mynetworks, check_client_access cidr:$config_directory/networks\n' +
        'smtpd_helo_required = yes\nsmtpd_helo_restrictions = check_helo_access regexp:$config_directory/helo\n' +
        'smtpd_sender_restrictions = check_sender_access hash:$config_directory/senders\n',
      mynetworks: '127.0.0.0/8\n',
      networks: '203.0.113.0/24 REJECT\n',
      helo: '/^nobody/ REJECT\n',
      senders: 'nobody.test REJECT\n',
    },
  });
  expect(await daemon.ask(NETWORK)).toBe('DUNNO');
  daemon.write('networks', '198.51.100.0/24 REJECT cidr\n');
  await daemon.answers('554 5.7.1 cidr', NETWORK);
  daemon.write('helo', '/^mail/ REJECT regexp\n');
  await daemon.answers('554 5.7.1 regexp');
  daemon.write('helo', '/^nobody/ REJECT\n');
  await daemon.answers('DUNNO');
  daemon.write('senders', 'sender.test REJECT hash\n');
  await daemon.answers('554 5.7.1 hash');
  daemon.write('mynetworks', '127.0.0.0/8, 198.51.100.7\n');
  await daemon.answers('554 5.7.1 hash', NETWORK);
  await daemon.logged('table_reloaded', 5);
  expect(daemon.lines('table_reloaded').map(({ msg }) => msg.replace(/:.*\//, ':'))).toEqual([
    'cidr:networks reloaded',
    'regexp:helo reloaded',
    'regexp:helo reloaded',
    'hash:senders reloaded',
    'mynetworks reloaded',
  ]);
  await daemon.stop();
});

test('table-deleted-while-running', async () => {
  const daemon = await startDaemon({ files: FILES, hasAdmin: true });
  rmSync(daemon.path('reject_client'));
  const failed = await daemon.logged('table_failed');
  expect(failed.msg).toMatch(
    /^hash:\S+\/reject_client is not reloaded: cannot read `\S+\/reject_client`: no such file$/,
  );
  await daemon.logged('diagnostic_error');
  expect(await daemon.ask()).toBe(REJECTED);
  expect(await daemon.ready()).toMatchObject({
    code: 200,
    report: {
      status: 'warn',
      checks: expect.arrayContaining([
        {
          name: 'tables',
          status: 'warn',
          reason: expect.stringMatching(
            /^what was read before stays in force: hash:\S+\/reject_client: cannot read .* no such file$/,
          ),
        },
      ]),
    },
  });
  daemon.write('reject_client', '192.0.2.10 REJECT second\n');
  await daemon.answers('554 5.7.1 second');
  expect((await daemon.ready()).report.status).toBe('pass');
  await daemon.stop();
});

test.skipIf(!requirement('prlimit').isMet)('table-edited-without-descriptors', async () => {
  const daemon = await startDaemon({ files: FILES });
  const { pid } = daemon.child;
  const limit = (count: number | string) =>
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
  // As many as are open by now.
  const client = await daemon.connect();
  limit(readdirSync(`/proc/${pid}/fd`).length);
  daemon.write('reject_client', '192.0.2.10 REJECT second\n');
  daemon.write('mx.cf', `access_map_reject_code = 550\n${CLIENTS}`);
  await sleep(1500);
  expect(daemon.lines('table_reloaded')).toEqual([]);
  limit(1024);
  await daemon.answers('550 5.7.1 second');
  client.socket.destroy();
  await daemon.stop();
});

test('table-replaced-with-broken-content', async () => {
  const daemon = await startDaemon({ files: FILES, hasAdmin: true });
  daemon.write('new', '198.51.100.7/24 OK\n');
  renameSync(daemon.path('new'), daemon.path('networks'));
  expect(await daemon.logged('table_failed')).toMatchObject({
    msg: expect.stringMatching(
      /^cidr:\S+\/networks is not reloaded: non-null host address bits in `198\.51\.100\.7\/24`/,
    ),
  });
  expect(await daemon.logged('diagnostic_error')).toMatchObject({
    place: `${daemon.path('networks')}:1:1`,
    help: 'write `198.51.100.0/24` for the network, or `198.51.100.7` for the one address',
  });
  expect(await daemon.ask(NETWORK)).toBe('554 5.7.1 network');
  expect((await daemon.ready()).report.status).toBe('warn');
  expect(await daemon.metrics()).toMatch(/^postward_stale_tables 1$/m);
  daemon.write('networks', '198.51.100.0/24 OK\n');
  await daemon.answers('DUNNO', NETWORK);
  expect((await daemon.ready()).report.status).toBe('pass');
  await daemon.stop();
});

test('table-replaced-with-a-directory', async () => {
  const daemon = await startDaemon({ files: FILES });
  rmSync(daemon.path('reject_client'));
  mkdirSync(daemon.path('reject_client'));
  await daemon.logged('table_failed');
  await daemon.logged('diagnostic_error');
  expect(await daemon.ask()).toBe(REJECTED);
  await daemon.stop();
});

test('policy-reloaded-on-change', async () => {
  const daemon = await startDaemon({ files: FILES });
  expect(await daemon.ask()).toBe(REJECTED);
  daemon.write('mx.cf', `access_map_reject_code = 550\n${CLIENTS}`);
  expect(await daemon.logged('snapshot_loaded', 2)).toMatchObject({ snapshot: 2 });
  expect(await daemon.ask()).toBe('550 5.7.1 first');
  // The tables of the new policy are watched as those of the old one were.
  daemon.write('reject_client', '192.0.2.10 REJECT second\n');
  await daemon.answers('550 5.7.1 second');
  await daemon.stop();
});

test('reload-with-broken-policy', async () => {
  const daemon = await startDaemon({ files: FILES, hasAdmin: true });
  daemon.write('mx.cf', 'smtpd_client_restrictions = reject_everything, reject_nothing\n');
  expect(await daemon.logged('reload_failed')).toMatchObject({
    msg: 'reload failed, version 1 stays in force: unknown smtpd restriction: `reject_everything`',
  });
  expect(daemon.lines('diagnostic_error').map(({ place }) => place)).toEqual([
    `${daemon.path('mx.cf')}:1:29`,
    `${daemon.path('mx.cf')}:1:48`,
  ]);
  expect(await daemon.ask()).toBe(REJECTED);
  const { code, report } = await daemon.ready();
  expect(code).toBe(200);
  expect(await daemon.metrics()).toMatch(/^postward_last_reload_successful 0$/m);
  expect(report.checks.find(({ name }) => name === 'reload')).toMatchObject({
    status: 'warn',
    reason: expect.stringContaining(
      'version 1 stays in force: unknown smtpd restriction: `reject_everything` (and 1 more)',
    ),
  });
  // The old policy still sees its tables change, and its own file.
  daemon.write('reject_client', '192.0.2.10 REJECT second\n');
  await daemon.answers('554 5.7.1 second');
  daemon.write('mx.cf', `access_map_reject_code = 550\n${CLIENTS}`);
  await daemon.answers('550 5.7.1 second');
  expect((await daemon.ready()).report.status).toBe('pass');
  expect(await daemon.metrics()).toMatch(/^postward_last_reload_successful 1$/m);
  await daemon.stop();
});

test('policy-deleted-while-running', async () => {
  const daemon = await startDaemon({ files: FILES });
  renameSync(daemon.path('mx.cf'), daemon.path('mx.cf.away'));
  expect(await daemon.logged('reload_failed')).toMatchObject({
    msg: expect.stringMatching(
      /^reload failed, version 1 stays in force: cannot read .*mx\.cf`: no such file or directory$/,
    ),
  });
  await daemon.logged('diagnostic_error');
  expect(await daemon.ask()).toBe(REJECTED);
  renameSync(daemon.path('mx.cf.away'), daemon.path('mx.cf'));
  await daemon.logged('snapshot_loaded', 2);
  expect(await daemon.ask()).toBe(REJECTED);
  await daemon.stop();
});

test('sighup-reload', async () => {
  const daemon = await startDaemon({ files: FILES });
  const client = await daemon.connect();
  daemon.child.kill('SIGHUP');
  expect(await daemon.logged('snapshot_loaded', 2)).toMatchObject({ snapshot: 2 });
  daemon.child.kill('SIGHUP');
  daemon.child.kill('SIGHUP');
  await daemon.logged('snapshot_loaded', 3);
  // Connections outlive it.
  expect(client.socket.readyState).toBe('open');
  expect(await daemon.ask()).toBe(REJECTED);
  await daemon.stop();
});

test('sighup-with-a-missing-table', async () => {
  const daemon = await startDaemon({ files: FILES });
  rmSync(daemon.path('reject_client'));
  await daemon.logged('table_failed');
  daemon.child.kill('SIGHUP');
  expect((await daemon.logged('reload_failed')).msg).toMatch(
    /version 1 stays in force: cannot read `\S+reject_client`: no such file$/,
  );
  await daemon.logged('diagnostic_error');
  expect(await daemon.ask()).toBe(REJECTED);
  await daemon.stop();
});

test('lenient-start-with-mistakes', async () => {
  const daemon = await startDaemon({
    files: { 'mx.cf': 'smtpd_client_restrictions = check_client_access hash:$config_directory/late\n' },
    hasAdmin: true,
    settings: { LENIENT: 'yes' },
  });
  await daemon.logged('diagnostic_error');
  expect(await daemon.ask()).toMatch(/^451 4\.3\.[05] Server configuration error$/);
  await daemon.logged('decision_warning');
  const { report } = await daemon.ready();
  expect(report.checks.find(({ name }) => name === 'reload')).toMatchObject({
    status: 'warn',
    reason: expect.stringMatching(
      /in force since \S+ in spite of mistakes: cannot read `\S+late`: no such file$/,
    ),
  });
  daemon.write('late', '192.0.2.10 REJECT first\n');
  await daemon.answers(REJECTED);
  await daemon.stop();
});
