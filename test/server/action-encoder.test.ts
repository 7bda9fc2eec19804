import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERDICTS, type Verdict } from '../../src/engine/decision.ts';
import type { Reply, SideEffect } from '../../src/engine/outcome.ts';
import { actionFor, DEFAULT_FAIL_ACTION, encodeAction } from '../../src/server/action-encoder.ts';
import type { Ruling } from '../../src/snapshot/decider.ts';
import { sampleRuling } from '../support/sample-decision.ts';

function ruling(verdict: Verdict, reply?: Reply, effects: readonly SideEffect[] = []): Ruling {
  return sampleRuling({ verdict, reply, effects });
}

function reply(code: number, dsn: string, text: string): Reply {
  return { code, dsn, text, prefix: '<x>: Helo command rejected' };
}

const DUNNO = { permitAction: 'DUNNO' } as const;

describe('actionFor', () => {
  it.each([
    ['reject', reply(554, '5.7.1', 'go away'), '554 5.7.1 go away'],
    ['reject', reply(550, '5.1.1', ' \t'), '550 5.1.1 Access denied'],
    ['reject', reply(554, '5.7.1', '5.1.1 not a code'), '554 5.7.1 5.1.1 not a code'],
    ['defer', reply(450, '4.3.2', 'Try again later'), '450 4.3.2 Try again later'],
    ['defer', reply(421, '4.7.0', ''), '421 4.7.0 Access denied'],
    ['defer_if_permit', reply(450, '4.1.8', 'Domain not found'), 'DEFER_IF_PERMIT 4.1.8 Domain not found'],
    ['defer_if_permit', reply(450, '4.7.1', ''), 'DEFER_IF_PERMIT 4.7.1 Service unavailable'],
    ['defer_if_permit', reply(451, '4.3.0', 'Lookup failure'), '451 4.3.0 Lookup failure'],
    ['defer_if_reject', reply(450, '4.7.1', 'Not yet'), 'DEFER_IF_REJECT 4.7.1 Not yet'],
    ['defer_if_reject', reply(450, '4.7.1', ''), 'DEFER_IF_REJECT 4.7.1 Service unavailable'],
  ] as const)('%s %j', (verdict, given, action) => {
    expect(actionFor(ruling(verdict, given), DUNNO)).toBe(action);
  });

  it('says DEFER_IF_PERMIT where it gives the right code, and for one list of several in any case', () => {
    const given = ruling('defer_if_permit', reply(454, '4.7.1', 'later'));
    expect(actionFor(given, DUNNO)).toBe('454 4.7.1 later');
    expect(actionFor({ ...given, list: 'helo' }, DUNNO)).toBe('DEFER_IF_PERMIT 4.7.1 later');
    expect(actionFor({ ...given, accessMapDeferCode: 454 }, DUNNO)).toBe('DEFER_IF_PERMIT 4.7.1 later');
  });

  it('defers when a reply is missing that must be there', () => {
    for (const verdict of ['reject', 'defer', 'defer_if_permit', 'defer_if_reject'] as const) {
      expect(actionFor(ruling(verdict), DUNNO)).toBe(DEFAULT_FAIL_ACTION);
    }
  });

  it('answers a permit as it is told to', () => {
    expect(actionFor(ruling('permit'), DUNNO)).toBe('DUNNO');
    expect(actionFor(ruling('permit'), { permitAction: 'OK' })).toBe('OK');
  });

  const HOLD: SideEffect = { verb: 'HOLD', text: '' };
  const WARN: SideEffect = { verb: 'WARN', text: 'odd' };
  const filter = (text: string): SideEffect => ({ verb: 'FILTER', text });

  it.each([
    ['the effect', [{ verb: 'PREPEND', text: 'X-Seen: yes' }], 'PREPEND X-Seen: yes'],
    ['an effect without a text', [HOLD], 'HOLD'],
    ['the first of several', [HOLD, { verb: 'BCC', text: 'a@b.test' }], 'HOLD'],
    ['what changes the message before what only logs', [WARN, HOLD], 'HOLD'],
    ['what only logs, if there is nothing else', [WARN, { verb: 'INFO', text: 'x' }], 'WARN odd'],
    ['the last FILTER, as smtpd keeps it', [filter('a:1'), HOLD, filter('b:2')], 'FILTER b:2'],
  ] as const)('answers %s on permit', (_, effects, action) => {
    expect(actionFor(ruling('permit', undefined, effects), DUNNO)).toBe(action);
  });

  it('discards with the text given', () => {
    expect(actionFor(ruling('discard', undefined, [HOLD, { verb: 'DISCARD', text: 'spam' }]), DUNNO)).toBe(
      'DISCARD spam',
    );
    expect(actionFor(ruling('discard'), DUNNO)).toBe('DISCARD');
  });

  it('lets no effect hide a rejection', () => {
    expect(actionFor(ruling('reject', reply(554, '5.7.1', 'no'), [HOLD]), DUNNO)).toBe('554 5.7.1 no');
  });

  it('bounds replies, whole characters only', () => {
    const action = actionFor(ruling('reject', reply(554, '5.7.1', 'é'.repeat(4000))), DUNNO);
    expect(Buffer.byteLength(action)).toBe(4096);
    expect(action).toBe(`554 5.7.1 ${'é'.repeat(2043)}`);
  });
});

describe('encodeAction', () => {
  it.each([
    ['DUNNO', 'action=DUNNO\n\n'],
    ['OK', 'action=OK\n\n'],
    ['554 5.7.1 a=b', 'action=554 5.7.1 a=b\n\n'],
    ['REJECT a\nb\r\nc\td\0e', 'action=REJECT a b  c d e\n\n'],
    [' \t\nREJECT x', 'action=REJECT x\n\n'],
    ['REJECT 日本', 'action=REJECT 日本\n\n'],
    ['REJECT a\ud800b', 'action=REJECT a\ufffdb\n\n'],
    ['', `action=${DEFAULT_FAIL_ACTION}\n\n`],
    [' \n', `action=${DEFAULT_FAIL_ACTION}\n\n`],
  ])('%j', (action, encoded) => {
    expect(encodeAction(action)).toBe(encoded);
  });

  it('never breaks the protocol, whatever is decided', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.string({ minLength: 500, maxLength: 600 }),
    );
    const effect = fc.record({
      verb: fc.constantFrom('BCC', 'DISCARD', 'FILTER', 'HOLD', 'INFO', 'PREPEND', 'REDIRECT', 'WARN'),
      text,
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...VERDICTS),
        fc.integer({ min: 400, max: 599 }),
        text,
        fc.array(effect, { maxLength: 3 }),
        (verdict, code, replyText, effects) => {
          const dsn = `${Math.trunc(code / 100)}.7.1`;
          const action = actionFor(ruling(verdict, reply(code, dsn, replyText), effects), DUNNO);
          const encoded = encodeAction(action);
          expect(encoded).toMatch(/^action=[0-9A-Z][^\p{Cc}]*\n\n$/u);
          expect(encoded.isWellFormed()).toBe(true);
          expect(Buffer.byteLength(encoded)).toBeLessThanOrEqual('action=\n\n'.length + 4096);
          if (verdict !== 'permit' && verdict !== 'discard') {
            expect(encoded).toMatch(/^action=(?:[45]\d\d|DEFER_IF_(?:PERMIT|REJECT)) [45]\.7\.1 [^ ]/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
