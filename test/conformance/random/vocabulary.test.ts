/**
 * What the generator makes: every restriction, action, table type and
 * parameter that Postfix has, but for those named here, each with the reason. A
 * name that is new in a registry must be made, or named.
 */
import { expect, it } from 'vitest';
import { ACTIONS } from '../../../src/access/action.ts';
import { PARAMETERS } from '../../../src/policy/parameters.ts';
import { RESTRICTIONS } from '../../../src/restrictions/registry.ts';
import { TABLE_TYPES } from '../../../src/tables/registry.ts';
import { randomCase } from './generator.ts';

const NOT_MADE = {
  restrictions: {
    permit_inet_interfaces: 'looks at the connection itself, whatever client XCLIENT tells of',
    reject_unverified_sender: 'undecidable: needs verify(8)',
    reject_unverified_recipient: 'undecidable: needs verify(8)',
  },
  actions: {},
  tables: {
    dbm: 'not in Debian’s Postfix',
    sdbm: 'not in Debian’s Postfix',
    debug: 'not in Postfix 3.7',
    mysql: 'needs a server: test/databases',
    pgsql: 'needs a server: test/databases',
    sqlite: 'needs a database: test/databases',
    ldap: 'needs a server: test/databases',
    socketmap: 'needs a server: test/databases',
    tcp: 'needs a server: test/databases',
    list: 'Postward’s own',
    mongodb: 'not supported',
    memcache: 'not supported',
    nis: 'not supported',
    nisplus: 'not supported',
    netinfo: 'not supported',
    unix: 'looks at this machine',
    environ: 'looks at this machine',
    internal: 'not supported',
  },
  parameters: {
    smtpd_restriction_classes: 'made where there are classes',
    myhostname: 'each Postfix of the tests greets with it',
    mynetworks_style: 'depends on the interfaces of this machine',
    inet_interfaces: 'Postfix takes only addresses of this machine',
    postscreen_dnsbl_sites: 'of postscreen(8), not of smtpd(8)',
    postscreen_dnsbl_threshold: 'of postscreen(8)',
    postscreen_dnsbl_allowlist_threshold: 'of postscreen(8)',
    postscreen_dnsbl_whitelist_threshold: 'of postscreen(8)',
    postscreen_dnsbl_reply_map: 'of postscreen(8)',
    queue_directory: 'the harness sets it',
    smtpd_delay_open_until_valid_rcpt:
      'matters to reject_multi_recipient_bounce at RCPT TO, which is not made there',
    message_size_limit:
      'Postfix refuses at MAIL, once, what a policy server can only refuse for each recipient',
    smtpd_policy_service_timeout: 'of a server that fails: test/conformance/policy-service.test.ts',
    smtpd_policy_service_try_limit: 'of a server that fails',
    smtpd_policy_service_retry_delay: 'of a server that fails',
    smtpd_policy_service_default_action: 'of a server that fails',
    smtpd_policy_service_policy_context: 'would change what Postfix tells Postward, too',
    smtpd_policy_service_max_idle: 'of connections, not of decisions',
    smtpd_policy_service_max_ttl: 'of connections, not of decisions',
    smtpd_policy_service_request_limit: 'of connections, not of decisions',
  },
} as const;

const CASES = 600;

/** As much as is made of so many seeds. */
const made: string = Array.from({ length: CASES }, (_, seed) => randomCase(seed, 1)).join('\n');

/** Those of `names` that no case has, other than those named above. */
function missing(names: readonly string[], notMade: object, find: (name: string) => RegExp): string[] {
  const words = names.filter((name) => !find(name).test(made));
  return words.filter((name) => !(name in notMade));
}

it('makes each restriction, by its current and its old names', () => {
  const find = (name: string) => new RegExp(`(?<![a-z_])${name}(?![a-z_])`);
  const theirs = RESTRICTIONS.filter(({ isOurs }) => isOurs !== true);
  const names = theirs.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(missing(names, NOT_MADE.restrictions, find)).toEqual([]);
});

it('makes each action', () => {
  const verbs = ACTIONS.map(({ verb }) => verb);
  expect(missing(verbs, NOT_MADE.actions, (verb) => new RegExp(`[\\s{]${verb}\\b`))).toEqual([]);
});

it('makes each type of table that needs no server', () => {
  const types = TABLE_TYPES.map(({ type }) => type);
  expect(missing(types, NOT_MADE.tables, (type) => new RegExp(`(?<![a-z])${type}:`))).toEqual([]);
});

it('sets each parameter', () => {
  const names = PARAMETERS.filter(({ isOurs }) => isOurs !== true).map(({ name }) => name);
  expect(missing(names, NOT_MADE.parameters, (name) => new RegExp(`^${name} =`, 'm'))).toEqual([]);
});

it('excuses nothing that it makes', () => {
  const { restrictions, tables, parameters } = NOT_MADE;
  const excused = [...Object.keys(restrictions), ...Object.keys(tables).map((type) => `${type}:`)];
  expect(excused.filter((name) => made.includes(name))).toEqual([]);
  const set = Object.keys(parameters).filter((name) => new RegExp(`^${name} =`, 'm').test(made));
  expect(set).toEqual(['smtpd_restriction_classes']);
});
