import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZoneMask } from '../../src/dns/zone-mask.ts';
import { Source } from '../../src/language/source.ts';
import { EVENTS, type EventName } from '../../src/observe/events.ts';
import { createLog, type Log, type LogOptions } from '../../src/observe/log.ts';
import {
  decidedBy,
  SAMPLE_PERMIT,
  SAMPLE_REPLY,
  sampleDecision,
  sampleRequest,
  sampleStep,
} from '../support/sample-decision.ts';

type Line = Readonly<Record<string, unknown>>;

const context = { policy: 'mx', snapshot: 3, durationMs: 1.23456 };

function record(write: (log: Log) => void, options: Partial<LogOptions> = {}): Line[] {
  const lines: string[] = [];
  const destination = {
    write: (line: string) => lines.push(line),
    linesLost: 0,
    close: async () => true,
  };
  write(
    createLog(
      { level: 'debug', format: 'json', decisions: 'all', mask: new ZoneMask(), ...options },
      destination,
    ),
  );
  return lines.map((line) => {
    expect(line.endsWith('\n')).toBe(true);
    expect(line.trimEnd()).not.toContain('\n');
    return options.format === 'text' ? { text: line } : (JSON.parse(line) as Line);
  });
}

const messages = (lines: readonly Line[]) => lines.map((line) => line['msg']);

describe('a decision', () => {
  test('has the sentence that Postfix would have logged, and its facts as fields', () => {
    const decision = sampleDecision({
      decidedBy: {
        list: 'helo',
        step: sampleStep('check_helo_access hash:ok_helo'),
        entry: { table: 'hash:ok_helo', key: 'alor.test', value: '450 Host not found', failure: '' },
      },
    });
    const [line] = record((log) => log.decision(decision, sampleRequest(), context));
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      event: 'decision',
      policy: 'mx',
      verdict: 'defer',
      list: 'helo',
      restriction: 'check_helo_access',
      step: 'check_helo_access hash:ok_helo',
      place: 'mx.cf:2:27',
      table: 'hash:ok_helo',
      table_key: 'alor.test',
      table_value: '450 Host not found',
      code: 450,
      dsn: '4.7.1',
      reply: 'Host not found',
      protocol_state: 'RCPT',
      client_address: '192.0.2.28',
      client_name: 'proxy.aaa.test',
      helo_name: 'alor.test',
      sender: 'info@aaa.test',
      recipient: 'kororo@kororo.test',
      instance: '1a2b.3c4d.0',
      snapshot: 3,
      duration_ms: 1.235,
      msg: 'NOQUEUE: reject: RCPT from proxy.aaa.test[192.0.2.28]: 450 4.7.1 <alor.test>: Helo command rejected: Host not found; from=<info@aaa.test> to=<kororo@kororo.test> proto=ESMTP helo=<alor.test>',
    });
  });

  const reject = {
    verdict: 'reject',
    reply: { ...SAMPLE_REPLY, code: 554, dsn: '5.7.1', prefix: '' },
  } as const;
  const from = 'RCPT from proxy.aaa.test[192.0.2.28]:';
  const rest = 'from=<info@aaa.test> to=<kororo@kororo.test> proto=ESMTP helo=<alor.test>';

  test.each([
    [reject, {}, `NOQUEUE: reject: ${from} 554 5.7.1 Host not found; ${rest}`],
    [reject, { queue_id: '4FYzQ1' }, `4FYzQ1: reject: ${from} 554 5.7.1 Host not found; ${rest}`],
    [
      reject,
      { sender: '', helo_name: '', sasl_username: 'ann' },
      `NOQUEUE: reject: ${from} 554 5.7.1 Host not found; from=<> to=<kororo@kororo.test> proto=ESMTP sasl_username=<ann>`,
    ],
    [
      reject,
      { protocol_state: 'CONNECT', client_name: 'unknown', sender: '', recipient: '', helo_name: '' },
      'NOQUEUE: reject: CONNECT from unknown[192.0.2.28]: 554 5.7.1 Host not found; proto=ESMTP',
    ],
    [
      { verdict: 'defer_if_permit' },
      {},
      `NOQUEUE: defer_if_permit: ${from} 450 4.7.1 <alor.test>: Helo command rejected: Host not found; ${rest}`,
    ],
    [SAMPLE_PERMIT, {}, `NOQUEUE: permit: ${from} no objection; ${rest}`],
    [
      { ...SAMPLE_PERMIT, decidedBy: decidedBy('client', 'permit_mynetworks') },
      {},
      `NOQUEUE: permit: ${from} permit_mynetworks in the client list; ${rest}`,
    ],
    [
      { ...SAMPLE_PERMIT, effects: [{ verb: 'PREPEND', text: 'X-Seen: yes' }] },
      {},
      `NOQUEUE: prepend: ${from} X-Seen: yes; ${rest}`,
    ],
    [
      { ...SAMPLE_PERMIT, verdict: 'discard', effects: [{ verb: 'DISCARD', text: '' }] },
      {},
      `NOQUEUE: discard: ${from} triggers DISCARD action; ${rest}`,
    ],
  ] as const)('%#', (members, attributes, expected) => {
    const write = (log: Log) => log.decision(sampleDecision(members), sampleRequest(attributes), context);
    expect(messages(record(write))).toEqual([expected]);
  });

  test('softened by warn_if_reject is a line of its own, as in Postfix', () => {
    const warning = {
      code: 'reject_warning',
      message: 'Host not found',
      list: 'sender',
      step: sampleStep('reject_non_fqdn_sender'),
      reply: SAMPLE_REPLY,
    } as const;
    const decision = { ...SAMPLE_PERMIT, warnings: [warning] };
    const lines = record((log) => log.decision(decision, sampleRequest(), context), {
      decisions: 'objections',
    });
    expect(lines).toMatchObject([
      { event: 'reject_warning', restriction: 'reject_non_fqdn_sender', list: 'sender', code: 450 },
      { event: 'decision', warnings: ['reject_warning: reject_non_fqdn_sender: Host not found'] },
    ]);
    expect(lines[0]?.['msg']).toMatch(/^NOQUEUE: reject_warning: RCPT from proxy.aaa.test\[.*: 450 4.7.1 </);
  });

  test('without objection has no line when only objections are wanted', () => {
    const write = (log: Log) => {
      log.decision(SAMPLE_PERMIT, sampleRequest(), context);
      log.decision(sampleDecision(), sampleRequest(), context);
    };
    expect(record(write, { decisions: 'objections' })).toMatchObject([{ verdict: 'defer' }]);
    expect(record(write, { level: 'warn' })).toEqual([]);
  });

  test('whatever a client sends stays in its line and its bounds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 700 });
    const attributes = fc.record({ helo_name: text, sender: text, recipient: text, client_name: text });
    fc.assert(
      fc.property(attributes, (sent) => {
        const write = (log: Log) => log.decision(sampleDecision(), sampleRequest(sent), context);
        const [line] = record(write);
        for (const value of Object.values(line ?? {})) {
          if (typeof value !== 'string') continue;
          expect(value).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
          expect(value.length).toBeLessThanOrEqual(6144);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('an event', () => {
  test('has its name, its level, its fields and its message', () => {
    const lines = record((log) => {
      log.listening({ address: '127.0.0.1:10040', policy: 'mx' });
      log.snapshot_loaded({ snapshot: 2, policies: ['mx', 'submission'] });
      log.protocol_error({ peer: 'unix', reason: 'nul_byte', detail: 'a\u001b[31mb' });
    });
    expect(lines).toMatchObject([
      { event: 'listening', level: 'info', address: '127.0.0.1:10040', policy: 'mx' },
      { msg: 'policies in force: mx, submission (version 2)', policies: ['mx', 'submission'] },
      { level: 'warn', reason: 'nul_byte', msg: 'unix: nul_byte: a?[31mb' },
    ]);
  });

  test('can say all its message promises', () => {
    for (const [name, row] of Object.entries(EVENTS)) {
      for (const [, field] of row.message.matchAll(/\{(\w+)\}/g)) {
        expect(Object.keys(row.fields), name).toContain(field);
      }
      expect(name).toMatch(/^[a-z_]+$/);
      expect(row.summary).toMatch(/\.$/);
    }
  });

  test('below the level is not written', () => {
    const level = (name: EventName) => EVENTS[name].level;
    expect([level('connection_opened'), level('protocol_error')]).toEqual(['debug', 'warn']);
    const lines = record(
      (log) => {
        log.connection_opened({ peer: 'unix' });
        log.protocol_error({ peer: 'unix', reason: 'nul_byte', detail: '' });
      },
      { level: 'warn' },
    );
    expect(lines.map((line) => line['event'])).toEqual(['protocol_error']);
  });

  test('may be a diagnostic, at its place', () => {
    const span = new Source('mx.cf', 'a\nbad\n').span(2, 5);
    const lines = record((log) => {
      log.diagnostic({ severity: 'error', code: 'unknown', message: 'unknown `bad`', span, help: 'mend it' });
      log.diagnostic({ severity: 'warning', code: 'doubt', message: 'who knows' });
      log.diagnostic({ severity: 'note', code: 'fact', message: 'for your information' });
    });
    expect(lines).toMatchObject([
      {
        level: 'error',
        code: 'unknown',
        place: 'mx.cf:2:1',
        help: 'mend it',
        msg: 'mx.cf:2:1: unknown `bad`',
      },
      { level: 'warn', code: 'doubt', msg: 'postward: who knows' },
      { level: 'info', code: 'fact', msg: 'postward: for your information' },
    ]);
  });
});

test('as text is for reading', () => {
  const lines = record((log) => log.stopping({ signal: 'SIGTERM' }), { format: 'text' });
  expect(lines[0]?.['text']).toMatch(/^\d\d:\d\d:\d\d info {2}stopping on SIGTERM\n$/);
});
