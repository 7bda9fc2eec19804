/**
 * Recipients and senders that no table of their address class knows
 * (ADDRESS_CLASS_README; postconf(5), reject_unlisted_recipient). Postfix also
 * checks these at the end of its lists by itself, smtpd_reject_unlisted_*.
 */
import { addressMapKeys, findInMaps } from '../access/address-map.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, type Outcome, reject, type Subject } from '../engine/outcome.ts';
import { type Table, TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { listener } from './access.ts';
import { addressExtension, mapsFailed, openMaps } from './address-maps.ts';
import type { AddressClass, ResolvedAddress } from './address-resolver.ts';
import type { Check, CompileContext, Restriction } from './restriction.ts';
import { recipientSubject, rejected, senderSubject } from './subject.ts';

export const UNLISTED: readonly Restriction[] = [
  {
    name: 'reject_unlisted_recipient',
    aliases: ['check_recipient_maps'],
    argument: 'none',
    summary:
      'Reject when no table knows the recipient: local_recipient_maps, relay_recipient_maps, virtual_*_maps.',
    reads: ['recipient'],
    yields: ['dunno', 'reject'],
    io: ['table'],
    support: { level: 'works' },
    compile: (_use, context) => ({ check: unlistedCheck(context, 'recipient') }),
  },
  {
    name: 'reject_unlisted_sender',
    aliases: [],
    argument: 'none',
    summary: 'Reject when the sender is of one of our domains and no table knows it.',
    reads: ['sender'],
    yields: ['dunno', 'reject'],
    io: ['table'],
    support: { level: 'works' },
    compile: (_use, context) => ({ check: unlistedCheck(context, 'sender') }),
  },
];

/** Once a request, however often the lists ask, and the implicit check at their end. */
const CHECKED = { sender: {}, recipient: {} };

interface ClassTables {
  readonly tables: readonly Table[];
  readonly code: number;
  readonly tableName: string;
}

function unlistedCheck(context: CompileContext, party: 'sender' | 'recipient'): Check {
  const { parameters, addresses } = context;
  const extension = addressExtension(parameters);
  const showsTable = parameters.boolean('show_user_unknown_table_name');
  const dsn = party === 'sender' ? '5.1.0' : '5.1.1';
  // For alias domains it comes from trivial-rewrite(8), which knows of recipients only: 5.1.1, as smtpd says it of senders.
  const aliasDsn = party === 'sender' ? '5.1.7' : '5.1.1';
  const rewriting = [
    'recipient_canonical_maps',
    ...(party === 'sender' ? ['sender_canonical_maps'] : []),
    'canonical_maps',
    'virtual_alias_maps',
  ].flatMap((parameter) => openMaps(context, parameter));
  const byClass: Readonly<Partial<Record<AddressClass, ClassTables>>> = {
    local: {
      tables: openMaps(context, 'local_recipient_maps'),
      code: parameters.integer('unknown_local_recipient_reject_code'),
      tableName: 'local recipient table',
    },
    mailbox: {
      tables: openMaps(context, 'virtual_mailbox_maps'),
      code: parameters.integer('unknown_virtual_mailbox_reject_code'),
      tableName: 'virtual mailbox table',
    },
    relay: {
      tables: openMaps(context, 'relay_recipient_maps'),
      code: parameters.integer('unknown_relay_recipient_reject_code'),
      tableName: 'relay recipient table',
    },
  };
  const aliasCode = parameters.integer('unknown_virtual_alias_reject_code');
  const alwaysKnown = [parameters.text('double_bounce_sender'), 'postmaster', 'mailer-daemon'].map(
    (name) => `${name.toLowerCase()}@`,
  );

  const find = (e: Evaluation, tables: readonly Table[], resolved: ResolvedAddress, isLocal: boolean) =>
    findInMaps(tables, addressMapKeys(resolved.address, isLocal, extension), (table) => listener(e, table));

  const unknown = (e: Evaluation, code: number, status: string, tableName: string): Outcome => {
    const text = `User unknown${showsTable ? ` in ${tableName}` : ''}`;
    return reject(rejected(subjectOf(e, party), code, status, text));
  };

  const inClass = (e: Evaluation, resolved: ResolvedAddress, isLocal: boolean): PromiseOrValue<Outcome> => {
    if (resolved.addressClass === 'alias') {
      // Not found in virtual_alias_maps, which is all such a domain has.
      return unknown(e, aliasCode, aliasDsn, 'virtual alias table');
    }
    const own = byClass[resolved.addressClass];
    if (own === undefined || own.tables.length === 0) return DUNNO;
    if (resolved.addressClass === 'local' && alwaysKnown.some((name) => resolved.address.startsWith(name))) {
      return DUNNO;
    }
    return andThen(find(e, own.tables, resolved, isLocal), (found) => {
      if (found instanceof TableFailure) return failed(e, party, found);
      return found === undefined ? unknown(e, own.code, dsn, own.tableName) : DUNNO;
    });
  };

  return (e) => {
    const address = party === 'sender' ? e.sender : e.recipient;
    if (address === undefined || address === '' || !e.isFirst(CHECKED[party])) return DUNNO;
    const resolution = party === 'sender' ? addresses.sender(e) : addresses.recipient(e);
    return andThen(resolution, (resolved) => {
      if (resolved instanceof TableFailure) return failed(e, party, resolved);
      return andThen(addresses.isLocalDomain(resolved.domain), (isLocal) => {
        if (isLocal instanceof TableFailure) return failed(e, party, isLocal);
        return andThen(find(e, rewriting, resolved, isLocal), (found) => {
          if (found instanceof TableFailure) return failed(e, party, found);
          return found === undefined ? inClass(e, resolved, isLocal) : DUNNO;
        });
      });
    });
  };
}

function subjectOf(e: Evaluation, party: 'sender' | 'recipient'): Subject {
  return party === 'sender' ? senderSubject(e) : recipientSubject(e);
}

function failed(e: Evaluation, party: 'sender' | 'recipient', failure: TableFailure): Outcome {
  const { name } = subjectOf(e, party);
  e.warn('table_failure', `address ${name}: ${failure.reason}`);
  return mapsFailed(failure, name);
}
