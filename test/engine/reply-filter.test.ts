/** smtpd_dns_reply_filter, beyond what dns-reply-filter.case holds against Postfix. */
import { describe, expect, test } from 'vitest';
import type { DnsAnswer, DnsType } from '../../src/dns/resolver.ts';
import { ALL_DROPPED, ReplyFilter } from '../../src/engine/reply-filter.ts';
import { type LookupResult, type Table, TableFailure } from '../../src/tables/table.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';

const found = (...records: Partial<DnsAnswer['records'][number]>[]): DnsAnswer => ({
  status: 'found',
  records: records.map((record) => ({ data: '', preference: 0, ...record })),
  ttlSeconds: 300,
  reason: '',
});

function table(answer: (key: string) => LookupResult | Promise<LookupResult>): Table {
  return { spec: 'pcre:f', isPattern: true, lookup: answer };
}

async function filtered(answer: DnsAnswer, type: DnsType, ...tables: Table[]) {
  const said: string[] = [];
  const result = await new ReplyFilter(tables).apply('Host.test', type, answer, {
    dropped: (record) => said.push(`dropped ${record}`),
    wrong: (code, message) => said.push(`${code}: ${message}`),
  });
  return { result, said };
}

test.each<[DnsType, Partial<DnsAnswer['records'][number]>, string]>([
  ['A', { data: '192.0.2.1' }, 'Host.test. 300 IN A 192.0.2.1'],
  ['AAAA', { data: '2001:db8::1' }, 'Host.test. 300 IN AAAA 2001:db8::1'],
  ['MX', { data: 'mx.host.test', preference: 10 }, 'Host.test. 300 IN MX 10 mx.host.test.'],
  ['NS', { data: 'ns.host.test' }, 'Host.test. 300 IN NS ns.host.test.'],
  ['TXT', { data: 'one\ttwo', firstString: 'on\té' }, 'Host.test. 300 IN TXT on   '],
])('the text of a record: %s', async (type, record, text) => {
  const keys: string[] = [];
  const note = table((key) => {
    keys.push(key);
    return undefined;
  });
  const answer = found(record);
  expect((await filtered(answer, type, note)).result).toBe(answer);
  expect(keys).toEqual([text]);
});

test('the first table that knows a record decides, at once or later', async () => {
  const first = table(async (key) => (key.endsWith('.1') ? 'Ignore: not that one' : undefined));
  const [keep, drop] = [table(() => undefined), table((key) => (key.endsWith('.2') ? 'IGNORE' : undefined))];
  const answer = found({ data: '192.0.2.1' }, { data: '192.0.2.2' }, { data: '192.0.2.3' });
  const { said } = await filtered(answer, 'A', first, keep, drop);
  expect(said).toEqual([
    'right_hand_side: smtpd_dns_reply_filter: pcre:f: unknown DNS filter action: `Ignore: not that one`',
  ]);
  const remark = table(async (key) => (key.endsWith('.1') ? 'ignore\tthat one' : undefined));
  const { result } = await filtered(answer, 'A', remark, keep, drop);
  expect(result.records.map(({ data }) => data)).toEqual(['192.0.2.3']);
});

test('what is left of one answer stays one answer', async () => {
  const filter = new ReplyFilter([table((key) => (key.endsWith('.1') ? 'IGNORE' : undefined))]);
  const answer = found({ data: '127.0.0.1' }, { data: '127.0.0.2' });
  const report = { dropped: () => {}, wrong: () => {} };
  const left = await filter.apply('a.test', 'A', answer, report);
  expect(left).not.toBe(answer);
  expect(await filter.apply('a.test', 'A', answer, report)).toBe(left);
});

test('nothing left, a table that fails, and answers that are none', async () => {
  const drop = table(() => 'IGNORE');
  const answer = found({ data: '192.0.2.1' });
  expect((await filtered(answer, 'A', drop)).result).toMatchObject({
    status: 'tempfail',
    reason: ALL_DROPPED,
  });
  const broken = await filtered(
    answer,
    'A',
    table(() => new TableFailure('pcre:f: gone')),
  );
  expect(broken.result.status).toBe('tempfail');
  expect(broken.said).toEqual(['table_failure: smtpd_dns_reply_filter: pcre:f: gone']);
  const nullMx = found({ data: '' });
  expect((await filtered(nullMx, 'MX', drop)).result).toBe(nullMx);
  const none: DnsAnswer = { status: 'nxdomain', records: [], ttlSeconds: 5, reason: '' };
  expect((await filtered(none, 'A', drop)).result).toBe(none);
});

describe('in a policy', () => {
  const resolver = { lookup: () => found({ data: '127.0.0.2' }) };

  test('the trace tells what is dropped, and no entry of the filter decides', async () => {
    const policy = compilePolicyText(
      'smtpd_dns_reply_filter = static:IGNORE\nsmtpd_client_restrictions = reject_rbl_client bl.test, reject\n',
    );
    const { verdict, decidedBy, trace = [] } = await policy.decide({ resolver });
    expect([verdict, decidedBy?.entry]).toEqual(['reject', undefined]);
    expect(trace[0]?.entries[0]?.notes).toEqual([
      'smtpd_dns_reply_filter drops 10.2.0.192.bl.test. 300 IN A 127.0.0.2',
    ]);
  });

  test('a table that cannot be opened keeps a list from rejecting', async () => {
    const policy = compilePolicyText(
      'smtpd_dns_reply_filter = pcre:/nonexistent/filter\nsmtpd_client_restrictions = reject_rbl_client bl.test\n',
    );
    expect(policy.errors.length + policy.doubts.length).toBeGreaterThan(0);
    expect((await policy.decide({ resolver })).verdict).toBe('permit');
  });
});
