/** ldap: tables, against a real slapd that is also stopped, killed and slow. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TableFailure } from '../../../src/tables/table.ts';
import { slapdSocketUrl, startSlapd, TLS_ADDRESS } from '../../support/slapd.ts';
import { bothFind } from '../map-directory.ts';
import { describeNetworkTable, type NetworkTableBench, PASSWORD, type Place } from '../network-table.ts';
import { FILTERS, SAMPLE_LDIF, SAMPLE_MAPS, SEARCH_STRINGS, SUFFIX } from './sample-directory.ts';

const BY_MAIL = 'query_filter = (mail=%s)';

/** Whoever binds sees more. */
const POSTFIX = `bind_dn = cn=postfix,${SUFFIX}\nbind_pw = ${PASSWORD}\n`;

function login({ servers, password = PASSWORD, tls }: Place): string {
  const hosts = servers.map(({ address = '127.0.0.1', port }) => `ldap://${address}:${port}`).join(' ');
  const checks =
    tls?.authority === undefined ? '' : `tls_require_cert = yes\ntls_ca_cert_file = ${tls.authority}\n`;
  return `server_host = ${hosts}\nversion = 3\nsearch_base = ${SUFFIX}\nbind_dn = cn=postfix,${SUFFIX}\nbind_pw = ${password}\n${tls === undefined ? '' : `start_tls = yes\n${checks}`}`;
}

describeNetworkTable(
  {
    type: 'ldap',
    needs: 'slapd',
    start: async () => await startSlapd(SAMPLE_LDIF),
    login,
    aliases: BY_MAIL,
    comparisons: [{ maps: SAMPLE_MAPS, keys: SEARCH_STRINGS }],
    refusal: 'invalidCredentials',
  },
  (bench) => {
    it('read filters as Postfix does', { timeout: 120_000 }, async () => {
      const asked = FILTERS.map(async (filter) => {
        const table = bench.open(`result_attribute = cn\nquery_filter = ${filter}`);
        const { ours, postfix } = await bothFind(table, ['x']);
        return [filter, ours[0], postfix[0]] as const;
      });
      const found = await Promise.all(asked);
      expect(found.map(([filter, ours]) => [filter, ours])).toEqual(
        found.map(([filter, , postfix]) => [filter, postfix]),
      );
      const count = (answer: unknown): number => found.filter(([, ours]) => ours === answer).length;
      expect(Math.min(count('root'), count(undefined), count('a failure'))).toBeGreaterThan(5);
    });

    const find = async (text: string, key = 'hidden@example.test'): Promise<unknown> => {
      const place = { servers: [{ port: bench.server.port }] };
      const lines = login(place).replace(/^bind_.*\n/gm, '');
      return await openText(bench, `${lines}${BY_MAIL}\n${text}`).lookup(key);
    };

    it('bind as the map file says', async () => {
      expect(await find('')).toBeUndefined();
      expect(await find('bind = no')).toBeUndefined();
      expect(await find(POSTFIX)).toBe('found in secret');
      expect(await find(`bind = simple\n${POSTFIX}`)).toBe('found in secret');
      expect(await find(`bind = none\n${POSTFIX}`)).toBeUndefined();
      // RFC 4513 §5.1.2: a name without a password is nobody, and servers refuse it.
      expect(await find(`bind_dn = cn=postfix,${SUFFIX}`)).toBeInstanceOf(TableFailure);
    });

    it('are who the socket or the certificate says they are, with SASL EXTERNAL', async () => {
      const { directory, port } = bench.server;
      const external = `version = 3\nsearch_base = ${SUFFIX}\n${BY_MAIL}\nbind = sasl\nsasl_mechs = EXTERNAL\n`;
      const socket = openText(bench, `server_host = ${slapdSocketUrl(directory)}\n${external}`);
      expect(await socket.lookup('hidden@example.test')).toBe('found in secret');
      const files = `tls_cert = ${join(directory, 'client.pem')}\ntls_key = ${join(directory, 'client.key')}\ntls_ca_cert_file = ${join(directory, 'ca.pem')}\ntls_require_cert = yes\n`;
      const tls = openText(bench, `server_host = ldaps://${TLS_ADDRESS}:${port}\n${files}${external}`);
      expect(await tls.lookup('hidden@example.test')).toBe('found in secret');
      expect(bench.maps.diagnostics).toEqual([]);
    });

    it('fail rather than leave out what another server has, where referrals are to be followed', async () => {
      expect(await find('chase_referrals = no', 'root@example.test')).toBe('alice@example.test');
      expect(await find('chase_referrals = yes', 'root@example.test')).toEqual(
        new TableFailure(expect.stringContaining('refers to another one')),
      );
    });

    it('ask the first server of the list that is there', async () => {
      const relay = await bench.relay();
      const servers = [{ port: 1 }, { port: bench.server.port }, { port: relay.port }];
      for (let round = 0; round < 5; round++) {
        const table = bench.openAt({ servers }, `${BY_MAIL}\nresult_format = ${round}%s`);
        expect(await table.lookup('root@example.test')).toBe(`${round}alice@example.test`);
      }
      expect(relay.sent).toBe('');
    });

    it('take hosts, ports and URLs as Postfix does', async () => {
      const { port, directory } = bench.server;
      for (const servers of [
        `server_host = 127.0.0.1\nserver_port = ${port}`,
        `server_host = 127.0.0.1:${port}`,
        `server_host = localhost:${port}`,
        `server_host = 127.0.0.1:1, ldap://127.0.0.1:${port}`,
        `server_host = ldap://127.0.0.1:${port}/dc=not?looked-at`,
        `server_host = LDAP://127.0.0.1:${port}`,
        `server_host = ldaps://${TLS_ADDRESS}:${port}`,
        `server_host = ${slapdSocketUrl(directory)}`,
      ]) {
        const table = openText(bench, `${servers}\nversion = 3\nsearch_base = ${SUFFIX}\n${BY_MAIL}\n`);
        const { ours, postfix } = await bothFind(table, ['root@example.test']);
        expect([servers, ...ours]).toEqual([servers, 'alice@example.test']);
        expect(ours).toEqual(postfix);
      }
    });
  },
);

let count = 0;

function openText(bench: NetworkTableBench, text: string): ReturnType<NetworkTableBench['open']> {
  return bench.maps.open('ldap', `own${count++}.cf`, text);
}
