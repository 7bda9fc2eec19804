/** Managed lists in a policy: decided by from the first edit on, over reloads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Resolver } from '../../src/dns/resolver.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import { Decider } from '../../src/snapshot/decider.ts';
import { loadSnapshot } from '../../src/snapshot/load-snapshot.ts';
import { SnapshotHolder } from '../../src/snapshot/snapshot-holder.ts';
import { applied, dataDirectory, openTestLists, put } from './memory-lists.ts';

const POLICY = `
smtpd_helo_required = yes
smtpd_restriction_classes = strict
strict = reject
mynetworks = 127.0.0.0/8, !list:never_ours, list:ours
smtpd_client_restrictions = check_client_access list:clients
smtpd_helo_restrictions = check_helo_access list:clients
smtpd_sender_restrictions = check_sender_access list:senders
smtpd_recipient_restrictions = permit_mynetworks, check_recipient_access list:recipients, reject
`;

const NO_DNS: Resolver = {
  lookup: (name, type) => {
    throw new Error(`nobody expected a question for ${name} ${type}`);
  },
};

async function policyWithLists(text: string) {
  const directory = dataDirectory();
  const file = join(directory, 'mx.cf');
  writeFileSync(file, text);
  const opened = await openTestLists({ classNames: () => ['strict'] });
  const holder = new SnapshotHolder({
    load: (version) =>
      loadSnapshot({ version, policyFiles: new Map([['mx', file]]), lists: opened.lists.tables }),
    isLenient: false,
  });
  onTestFinished(() => holder.close());
  const decider = new Decider({ snapshot: () => holder.current, resolver: NO_DNS });
  const decide = async (request: Partial<PolicyRequest> = {}) => {
    const whole = Object.assign(new PolicyRequest(), {
      ...{ protocol_state: 'RCPT', client_address: '192.0.2.7', client_name: 'mail.client.test' },
      ...{ reverse_client_name: 'mail.client.test', helo_name: 'mail.client.test' },
      ...{ sender: 'a@sender.test', recipient: 'b@dest.test' },
      ...request,
    });
    const { decision } = await decider.decide(whole, 'mx');
    return decision.reply?.text ?? decision.verdict;
  };
  return { ...opened, holder, decide, write: (changed: string) => writeFileSync(file, changed) };
}

it('decides by a list as it is at that moment', async () => {
  const { lists, holder, decide } = await policyWithLists(POLICY);
  expect(await holder.reload()).toMatchObject({ isSwapped: true, diagnostics: [] });
  expect(await decide()).toContain('Access denied');
  await applied(lists, put('ours', '192.0.2.0/24', 'OK'));
  expect(await decide()).toBe('permit');
  await applied(lists, put('never_ours', '192.0.2.7', 'OK'));
  expect(await decide()).toContain('Access denied');
  await applied(lists, put('recipients', 'dest.test', 'OK'));
  expect(await decide()).toBe('permit');
  await applied(lists, put('clients', '192.0.2', 'REJECT spam run'));
  expect(await decide()).toContain('spam run');
  await applied(lists, put('clients', '192.0.2.7', 'DUNNO'), put('senders', 'a@', 'strict'));
  expect(await decide()).toContain('Access denied');
  await applied(lists, { operation: 'remove', list: 'senders', key: 'a@' });
  await applied(lists, put('clients', '.client.test', 'REJECT only with dots'));
  expect(await decide()).toBe('permit');
  await applied(lists, put('clients', 'client.test', 'REJECT by domain'));
  expect(await decide()).toContain('by domain');
  expect(lists.list('clients')).toMatchObject({ kind: 'any', isInPolicy: true });
});

it('keeps its lists over a reload, and lets go of those that are named no longer', async () => {
  const { lists, holder, decide, write } = await policyWithLists(POLICY);
  await holder.reload();
  await applied(lists, put('recipients', 'dest.test', 'OK'));
  write(POLICY.replace('check_sender_access list:senders', ''));
  expect(await holder.reload()).toMatchObject({ isSwapped: true });
  expect(await decide()).toBe('permit');
  expect(lists.list('recipients')?.isInPolicy).toBe(true);
  expect(lists.list('senders')).toMatchObject({ isInPolicy: false, entries: 0 });
  write('smtpd_client_restrictions = check_client_access list:no/name');
  const broken = await holder.reload();
  expect(broken.isSwapped).toBe(false);
  expect(broken.diagnostics[0]).toMatchObject({
    code: 'table-syntax',
    help: expect.stringContaining('64 letters'),
  });
  expect(await decide()).toBe('permit');
  expect(lists.list('recipients')?.isInPolicy).toBe(true);
});
