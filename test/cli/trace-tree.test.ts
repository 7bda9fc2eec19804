import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { painter } from '../../src/cli/terminal.ts';
import { formatDuration, traceTree } from '../../src/cli/trace-tree.ts';
import type { DnsNote, TraceEntry, TraceList } from '../../src/engine/decision.ts';
import { DUNNO, type Outcome, PERMIT, reject, WARN_NEXT } from '../../src/engine/outcome.ts';
import { SAMPLE_REPLY, sampleStep } from '../support/sample-decision.ts';

const plain = { paint: painter(false), notRun: [] };

function entry(text: string, outcome: Outcome | undefined, members: Partial<TraceEntry> = {}): TraceEntry {
  return {
    list: 'client',
    step: sampleStep(text),
    depth: 0,
    isWarnOnly: false,
    outcome,
    lookups: [],
    dns: [],
    notes: [],
    durationMs: 0.01,
    ...members,
  };
}

function list(entries: TraceEntry[], members: Partial<TraceList> = {}): TraceList {
  return { list: 'client', implicit: undefined, entries, notReached: [], result: 'permitted', ...members };
}

function dns(status: DnsNote['answer']['status'], members: Partial<DnsNote> = {}): DnsNote {
  const records = status === 'found' ? [{ data: '127.0.0.2', preference: 0 }] : [];
  const reason = status === 'tempfail' ? 'SERVFAIL' : '';
  const answer = { status, records, ttlSeconds: 300, reason };
  return { name: '2.2.0.192.bl.example', type: 'A', answer, cached: false, ...members };
}

test('a whole way to a decision', () => {
  const trace = [
    list([
      entry('permit_mynetworks', DUNNO),
      entry('reject_rbl_client bl.example', DUNNO, { dns: [dns('nxdomain')], durationMs: 12.34 }),
    ]),
    list(
      [
        entry('check_helo_access hash:ok_helo', DUNNO, {
          lookups: [
            { table: 'hash:ok_helo', key: 'alor.test', value: undefined, failure: '' },
            { table: 'hash:ok_helo', key: 'test', value: undefined, failure: '' },
          ],
        }),
        entry('reject_unknown_helo_hostname', reject(SAMPLE_REPLY), {
          dns: [
            dns('nodata', { name: 'alor.test' }),
            dns('nxdomain', { name: 'alor.test', type: 'MX', cached: true }),
          ],
          durationMs: 3.25,
        }),
      ],
      { list: 'helo', result: 'rejected' },
    ),
  ];
  expect(
    traceTree(trace, {
      ...plain,
      notRun: [
        { list: 'sender', reason: 'not reached' },
        { list: 'recipient', reason: 'not reached' },
      ],
    }).join('\n'),
  ).toBe(
    `client list: permitted at its end
├─ permit_mynetworks: dunno  mx.cf:1:29
└─ reject_rbl_client bl.example: dunno  mx.cf:1:48  12 ms
      DNS 2.2.0.192.bl.example A: no such name (NXDOMAIN)
helo list: rejected
├─ check_helo_access hash:ok_helo: dunno  mx.cf:2:27
│     hash:ok_helo has no \`alor.test\`, \`test\`
└─ reject_unknown_helo_hostname: reject 450 4.7.1 <alor.test>: Helo command rejected: Host not found  mx.cf:2:59  3.3 ms
      DNS alor.test A: no such record (NODATA)
      DNS alor.test MX: no such name (NXDOMAIN, cached)
sender list: not reached
recipient list: not reached`,
  );
});

test('a restriction class holds what was evaluated in its place', () => {
  const evaluate: Outcome = {
    kind: 'evaluate',
    program: { steps: [] },
    subject: undefined,
    ifPermit: 'permit',
  };
  const trace = [
    list(
      [
        entry('lenient', evaluate, {
          lookups: [{ table: 'hash:x', key: 'a', value: 'lenient', failure: '' }],
        }),
        entry('warn_if_reject', WARN_NEXT, { depth: 1 }),
        entry('reject_non_fqdn_sender', reject(SAMPLE_REPLY), { depth: 1, isWarnOnly: true }),
        entry('permit', PERMIT, { depth: 1 }),
      ],
      { list: 'sender', notReached: [sampleStep('reject')] },
    ),
  ];
  expect(traceTree(trace, plain).join('\n')).toBe(
    `sender list: permitted
├─ lenient: evaluated in its place  mx.cf:3:29
│  │  hash:x for \`a\` says \`lenient\`
│  ├─ warn_if_reject: what follows only warns  mx.cf:4:11
│  ├─ reject_non_fqdn_sender: reject_warning 450 4.7.1 <alor.test>: Helo command rejected: Host not found  mx.cf:4:26
│  └─ permit: permit  mx.cf:1:29
└─ not reached: reject`,
  );
});

test.each([
  [entry('permit_mynetworks', undefined), 'permit_mynetworks: no answer'],
  [
    entry('permit_mynetworks', { kind: 'reject', reply: SAMPLE_REPLY, isFault: true }, { isWarnOnly: true }),
    'permit_mynetworks: fault 450',
  ],
  [
    entry('permit_mynetworks', { kind: 'defer_if_permit', reply: SAMPLE_REPLY }),
    'permit_mynetworks: defer_if_permit 450',
  ],
  [
    entry('permit_mynetworks', { kind: 'defer_if_permit', reply: SAMPLE_REPLY }, { isWarnOnly: true }),
    'permit_mynetworks: reject_warning, no defer_if_permit 450',
  ],
  [
    entry('permit_mynetworks', { kind: 'defer_if_reject', reply: SAMPLE_REPLY }, { isWarnOnly: true }),
    'permit_mynetworks: defer_if_reject 450',
  ],
  [
    entry('permit_mynetworks', { kind: 'effect', effect: { verb: 'PREPEND', text: 'X: y' } }),
    'permit_mynetworks: PREPEND X: y  mx',
  ],
])('what a restriction said: %#', (one, expected) => {
  expect(traceTree([list([one])], plain)[1]).toContain(expected);
});

test.each([
  [dns('found'), 'DNS 2.2.0.192.bl.example A: 127.0.0.2 (TTL 300 s)'],
  [dns('found', { cached: true }), 'DNS 2.2.0.192.bl.example A: 127.0.0.2 (TTL 300 s, cached)'],
  [dns('tempfail'), 'DNS 2.2.0.192.bl.example A: failed for now (SERVFAIL)'],
  [
    dns('found', {
      type: 'MX',
      answer: {
        ...dns('found').answer,
        records: [
          { data: 'a.test', preference: 10 },
          { data: '', preference: 0 },
        ],
      },
    }),
    'DNS 2.2.0.192.bl.example MX: 10 a.test, 0  (TTL 300 s)',
  ],
])('what the DNS answered: %#', (note, expected) => {
  expect(traceTree([list([entry('permit_mynetworks', DUNNO, { dns: [note] })])], plain)[2]?.trim()).toBe(
    expected,
  );
});

test('what tables answered stays in order, and misses of different tables stay apart', () => {
  const miss = (table: string, key: string) => ({ table, key, value: undefined, failure: '' });
  const lookups = [
    miss('hash:a', 'k'),
    miss('hash:b', 'k'),
    { table: 'hash:b', key: 'l', value: 'DUNNO', failure: '' },
    { table: 'hash:c', key: 'l', value: undefined, failure: 'no such file' },
  ];
  const lines = traceTree([list([entry('permit_mynetworks', DUNNO, { lookups })])], plain);
  expect(lines.slice(2).map((line) => line.trim())).toEqual([
    'hash:a has no `k`',
    'hash:b has no `k`',
    'hash:b for `l` says `DUNNO`',
    'hash:c for `l` failed: no such file',
  ]);
});

test('a list without restrictions, and lists that ended otherwise', () => {
  const lines = traceTree(
    [
      list([]),
      list([entry('permit_mynetworks', DUNNO)], { result: 'stopped' }),
      list([], { result: 'discarded' }),
    ],
    plain,
  );
  expect(lines[0]).toBe('client list: no restrictions');
  expect(lines[1]).toMatch(/^client list: stopped, since/);
});

test('what a client sent cannot move the cursor', () => {
  const lookups = [{ table: 'hash:a', key: 'x\u001b[2J', value: undefined, failure: '' }];
  const text = traceTree([list([entry('permit_mynetworks', DUNNO, { lookups })])], plain).join('\n');
  expect(text).toContain('x␛[2J');
});

test('colour changes no text', () => {
  const trace = [list([entry('permit_mynetworks', PERMIT), entry('reject', reject(SAMPLE_REPLY))])];
  const coloured = traceTree(trace, { ...plain, paint: painter(true) }).join('\n');
  expect(coloured).toContain('\u001b[32mpermit\u001b[');
  expect(stripVTControlCharacters(coloured)).toBe(traceTree(trace, plain).join('\n'));
});

test.each([
  [0, '0.00 ms'],
  [0.456, '0.46 ms'],
  [3.25, '3.3 ms'],
  [12.34, '12 ms'],
  [1234, '1.23 s'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
