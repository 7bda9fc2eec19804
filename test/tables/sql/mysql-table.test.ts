/** mysql: tables, against a real MariaDB that is also stopped, killed and slow. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TableFailure } from '../../../src/tables/table.ts';
import type { LookupLimits } from '../../../src/tables/table-set.ts';
import { compilePolicyText } from '../../support/compiled-policy.ts';
import { askMariadb, mariadbSocket, startMariadb } from '../../support/mariadb.ts';
import type { PrivateServer } from '../../support/private-server.ts';
import { requirement } from '../../support/requirements.ts';
import { bothFind, HASTY, MapDirectory } from '../map-directory.ts';
import { AWKWARD_KEYS, SAMPLE_MAPS, SAMPLE_TABLES } from './sample-maps.ts';

const needed = requirement('mariadb');

describe.skipIf(!needed.isMet)('a mysql: table', () => {
  let server: PrivateServer;
  let maps: MapDirectory;

  beforeAll(async () => {
    server = await startMariadb();
    await askMariadb(
      server.directory,
      `CREATE DATABASE mail; USE mail; ${SAMPLE_TABLES}
       CREATE USER postfix@localhost IDENTIFIED BY 's3 cret'; GRANT SELECT, EXECUTE ON mail.* TO postfix@localhost;
       CREATE PROCEDURE found(k VARCHAR(255)) SELECT goto FROM alias WHERE address = k;
       CREATE PROCEDURE both_found() BEGIN SELECT 1; SELECT 2; END;
       CREATE PROCEDURE nothing_found() DO 1;`,
    );
  });

  afterAll(async () => await server?.stop());

  beforeEach(() => {
    maps = new MapDirectory();
  });

  afterEach(() => maps.close());

  const login = () =>
    `hosts = unix:${mariadbSocket(server.directory)}\nuser = postfix\npassword = s3 cret\ndbname = mail\n`;
  const open = (name: string, text: string) => maps.open('mysql', name, `${login()}${text}\n`);
  /** A table that waits a second for an answer, and no longer. */
  const openHasty = (name: string, text: string, limits: Partial<LookupLimits> = HASTY) => {
    const own = new MapDirectory(limits);
    onTestFinished(() => own.close());
    return own.open('mysql', name, `${login()}${text}\n`);
  };
  const ALIAS = "query = SELECT goto FROM alias WHERE address = '%s'";

  it.each(SAMPLE_MAPS)('answers as Postfix: %s', async (text) => {
    const { ours, postfix } = await bothFind(open('map.cf', text), AWKWARD_KEYS);
    expect(ours).toEqual(postfix);
  });

  it.each([
    'query = SELECT goto FROM alias WHERE address = "%s"',
    "query = CALL found('%s')",
    'query = CALL both_found()',
    'query = CALL nothing_found()',
    'query = CALL nothing_found()\nrequire_result_set = no',
    "query = SELECT no_such_column FROM alias WHERE address = '%s'",
    "query = SELECT goto, address FROM alias WHERE address = '%s' ORDER BY goto",
    "query = SELECT maildir, quota, quota / 3, NULL, '', x'c3a9', NOW() > 0 FROM mailbox WHERE username = '%s'",
    'query = SELECT quota FROM mailbox LIMIT %u',
  ])('answers as Postfix: %s', async (text) => {
    const keys = [
      'info@example.test',
      'alice@example.test',
      '"a b"@example.test',
      '1',
      "o'neill@example.test",
      "1'",
    ];
    const { ours, postfix } = await bothFind(open('map.cf', text), keys);
    expect(ours).toEqual(postfix);
  });

  it('decides about the addresses of PostfixAdmin, and about none while the database is dead', async () => {
    await askMariadb(
      server.directory,
      `USE mail; INSERT INTO domain VALUES ('strict.test', 0, 1); INSERT INTO alias VALUES ('info@strict.test', 'carol@strict.test', 1);
       INSERT INTO mailbox VALUES ('carol@strict.test', 'strict.test/carol/', 524288000, 1);`,
    );
    const map = (name: string, table: string, select: string, where: string, conditions: string) =>
      `mysql:${maps.write(`mysql_virtual_${name}_maps.cf`, `${login()}table = ${table}\nselect_field = ${select}\nwhere_field = ${where}\nadditional_conditions = ${conditions}\n`)}`;
    const policy = compilePolicyText(
      `virtual_mailbox_domains = ${map('domains', 'domain', 'domain', 'domain', "and backupmx = '0' and active = '1'")}
virtual_alias_maps = ${map('alias', 'alias', 'goto', 'address', "and active = '1'")}
virtual_mailbox_maps = ${map('mailbox', 'mailbox', 'maildir', 'username', "and active = '1'")}
virtual_mailbox_limit_maps = ${map('mailbox_limit', 'mailbox', 'quota', 'username', "and active = '1'")}
mydestination = localhost
mynetworks = 127.0.0.0/8
smtpd_reject_unlisted_sender = yes
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
`,
    );
    expect(policy.errors).toEqual([]);
    const reply = async (recipient: string, sender = 'someone@elsewhere.test') =>
      await policy.reply({ request: { recipient, sender } });
    expect(await reply('Carol@Strict.test')).not.toMatch(/^[45]/);
    expect(await reply('info@strict.test')).not.toMatch(/^[45]/);
    expect(await reply('nobody@strict.test')).toBe(
      '550 5.1.1 <nobody@strict.test>: Recipient address rejected: User unknown in virtual mailbox table',
    );
    expect(await reply('x@backup.test')).toBe('554 5.7.1 <x@backup.test>: Relay access denied');
    expect(await reply('carol@strict.test', 'nobody@strict.test')).toBe(
      '550 5.1.0 <nobody@strict.test>: Sender address rejected: User unknown in virtual mailbox table',
    );
    await server.kill();
    try {
      expect(await reply('another@strict.test')).toMatch(/^451 4\.3\.0 /);
      expect(await reply('x@unseen.test')).toMatch(/^451 4\.3\.0 /);
    } finally {
      await server.restart();
    }
  });

  it('is asked over TCP, and answered by another server when one is not there', async () => {
    await askMariadb(
      server.directory,
      `CREATE USER IF NOT EXISTS postfix@'127.0.0.1' IDENTIFIED BY 's3 cret'; GRANT SELECT ON mail.* TO postfix@'127.0.0.1'`,
    );
    const table = maps.open(
      'mysql',
      'tcp.cf',
      `hosts = unix:/nonexistent, inet:127.0.0.1:1 127.0.0.1:${server.port}\nuser = postfix\npassword = s3 cret\ndbname = mail\n${ALIAS}\n`,
    );
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    expect(maps.diagnostics).toEqual([]);
  });

  it('fails with a wrong password, and tells nobody what it was', async () => {
    const table = maps.open(
      'mysql',
      'wrong.cf',
      `${login().replace('s3 cret', 'wr0ng')}${ALIAS}\npasword = wr0ng\n`,
    );
    const answer = await table.lookup('root@example.test');
    expect(answer).toEqual(new TableFailure(expect.stringContaining('Access denied')));
    expect(JSON.stringify([answer, maps.diagnostics])).not.toContain('s3 cret');
  });

  it('speaks to servers whose texts have no backslashes', async () => {
    await askMariadb(server.directory, "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'");
    try {
      const { ours, postfix } = await bothFind(open('modes.cf', ALIAS), AWKWARD_KEYS);
      expect(ours).toEqual(postfix);
      expect(
        await open('names.cf', 'query = SELECT goto FROM alias WHERE address = "%s"').lookup('x" OR "1"="1'),
      ).toBeInstanceOf(TableFailure);
    } finally {
      await askMariadb(server.directory, 'SET GLOBAL sql_mode = DEFAULT');
    }
  });

  it('fails while the server is stopped, at once after the first time, and works again afterwards', async () => {
    const slow = openHasty('slow.cf', ALIAS);
    const quick = openHasty('quick.cf', ALIAS, { ...HASTY, firstRetryMs: 60_000, maxRetryMs: 60_000 });
    expect(await slow.lookup('root@example.test')).toBe('alice@example.test');
    await server.pause();
    try {
      const asked = await Promise.all(['a@x', 'b@x', 'c@x'].map((key) => quick.lookup(key)));
      for (const answer of asked) expect(answer).toBeInstanceOf(TableFailure);
      expect(await quick.lookup('d@x')).toEqual(
        new TableFailure(expect.stringContaining('not asked again for a while')),
      );
      expect(await slow.lookup('root2@example.test')).toEqual(
        new TableFailure(expect.stringContaining('no answer within 1 s')),
      );
    } finally {
      await server.resume();
    }
    await vi.waitFor(async () => expect(await slow.lookup('root@example.test')).toBe('alice@example.test'), {
      timeout: 5000,
    });
  });

  it('does not wait for a slow query', async () => {
    const table = openHasty('slow.cf', "query = SELECT CASE '%u' WHEN 'slow' THEN SLEEP(30) ELSE 'fast' END");
    expect(await table.lookup('slow@example.test')).toEqual(
      new TableFailure(expect.stringContaining('no answer within 1 s')),
    );
    await vi.waitFor(async () => expect(await table.lookup('quick@example.test')).toBe('fast'), {
      timeout: 5000,
    });
  });

  it('fails while the server is dead, and works again when it is back', async () => {
    const table = open('alias.cf', ALIAS);
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    await server.kill();
    expect(await table.lookup('info@example.test')).toBeInstanceOf(TableFailure);
    await server.restart();
    await vi.waitFor(async () => expect(await table.lookup('root@example.test')).toBe('alice@example.test'), {
      timeout: 5000,
    });
  });

  it('loses nothing when the server was restarted between two lookups', async () => {
    const table = open('alias.cf', ALIAS);
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    await server.kill();
    await server.restart();
    expect(await table.lookup('info@example.test')).toBe('alice@example.test,bob@example.test');
  });
});
