/** mysql: tables, against a real MariaDB that is also stopped, killed and slow. */
import { expect, it } from 'vitest';
import { TableFailure } from '../../../src/tables/table.ts';
import { compilePolicyText } from '../../support/compiled-policy.ts';
import { askMariadb, mariadbSocket, startMariadb } from '../../support/mariadb.ts';
import { describeNetworkTable, PASSWORD, type Place } from '../network-table.ts';
import { AWKWARD_KEYS, SAMPLE_MAPS, SAMPLE_TABLES } from './sample-maps.ts';

const ALIAS = "query = SELECT goto FROM alias WHERE address = '%s'";

function loginTo(hosts: string, password: string): string {
  return `hosts = ${hosts}\nuser = postfix\npassword = ${password}\ndbname = mail\n`;
}

function login({ servers, password = PASSWORD, tls }: Place): string {
  const hosts = servers.map(({ address = '127.0.0.1', port }) => `inet:${address}:${port}`).join(' ');
  const checks =
    tls?.authority === undefined
      ? 'tls_verify_cert = no\n'
      : `tls_CAfile = ${tls.authority}\ntls_verify_cert = yes\n`;
  return loginTo(hosts, password) + (tls === undefined ? '' : checks);
}

describeNetworkTable(
  {
    type: 'mysql',
    needs: 'mariadb',
    start: async () => {
      const server = await startMariadb();
      await askMariadb(
        server.directory,
        `CREATE DATABASE mail; USE mail; ${SAMPLE_TABLES}
         CREATE USER postfix@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'; GRANT SELECT, EXECUTE ON mail.* TO postfix@'127.0.0.1';
         CREATE USER postfix@localhost IDENTIFIED BY '${PASSWORD}'; GRANT SELECT ON mail.* TO postfix@localhost;
         CREATE PROCEDURE found(k VARCHAR(255)) SELECT goto FROM alias WHERE address = k;
         CREATE PROCEDURE both_found() BEGIN SELECT 1; SELECT 2; END;
         CREATE PROCEDURE nothing_found() DO 1;`,
      );
      return server;
    },
    login,
    aliases: ALIAS,
    comparisons: [
      { maps: SAMPLE_MAPS, keys: AWKWARD_KEYS },
      {
        maps: [
          'query = SELECT goto FROM alias WHERE address = "%s"',
          "query = CALL found('%s')",
          'query = CALL both_found()',
          'query = CALL nothing_found()',
          'query = CALL nothing_found()\nrequire_result_set = no',
          "query = SELECT no_such_column FROM alias WHERE address = '%s'",
          "query = SELECT goto, address FROM alias WHERE address = '%s' ORDER BY goto",
          "query = SELECT maildir, quota, quota / 3, NULL, '', x'c3a9', NOW() > 0, x'610062', x'0061' FROM mailbox WHERE username = '%s'",
          'query = SELECT quota FROM mailbox LIMIT %u',
        ],
        keys: [
          'info@example.test',
          'alice@example.test',
          '"a b"@example.test',
          '1',
          "o'neill@example.test",
          "1'",
        ],
      },
    ],
    refusal: 'Access denied',
    slow: "query = SELECT CASE '%u' WHEN 'slow' THEN SLEEP(30) ELSE 'fast' END",
  },
  (bench) => {
    it('decide about the addresses of PostfixAdmin, as guides have it', async () => {
      await askMariadb(
        bench.server.directory,
        `USE mail; INSERT INTO domain VALUES ('strict.test', 0, 1); INSERT INTO alias VALUES ('info@strict.test', 'carol@strict.test', 1);
         INSERT INTO mailbox VALUES ('carol@strict.test', 'strict.test/carol/', 524288000, 1);`,
      );
      const map = (table: string, select: string, where: string, conditions: string): string =>
        bench.write(
          { servers: [{ port: bench.server.port }] },
          `table = ${table}\nselect_field = ${select}\nwhere_field = ${where}\nadditional_conditions = ${conditions}\n`,
        );
      const policy = compilePolicyText(
        `virtual_mailbox_domains = ${map('domain', 'domain', 'domain', "and backupmx = '0' and active = '1'")}
virtual_alias_maps = ${map('alias', 'goto', 'address', "and active = '1'")}
virtual_mailbox_maps = ${map('mailbox', 'maildir', 'username', "and active = '1'")}
virtual_mailbox_limit_maps = ${map('mailbox', 'quota', 'username', "and active = '1'")}
mydestination = localhost
mynetworks = 127.0.0.0/8
smtpd_reject_unlisted_sender = yes
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
`,
      );
      expect(policy.errors).toEqual([]);
      const reply = async (recipient: string, sender = 'someone@elsewhere.test'): Promise<string> =>
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
    });

    it('ask by a socket, which they prefer', async () => {
      const hosts = `inet:127.0.0.1:1 unix:${mariadbSocket(bench.server.directory)}`;
      const table = bench.maps.open('mysql', 'socket.cf', `${loginTo(hosts, PASSWORD)}${ALIAS}\n`);
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      expect(bench.maps.diagnostics).toEqual([]);
    });

    it('speak to servers whose texts have no backslashes', async () => {
      const { directory } = bench.server;
      await askMariadb(directory, "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'");
      try {
        await bench.expectAsPostfix(ALIAS, AWKWARD_KEYS);
        const names = bench.open('query = SELECT goto FROM alias WHERE address = "%s"');
        expect(await names.lookup('x" OR "1"="1')).toBeInstanceOf(TableFailure);
      } finally {
        await askMariadb(directory, 'SET GLOBAL sql_mode = DEFAULT');
      }
    });
  },
);
