import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfAnswer, readPolicyAnswer, ServiceFailure } from '../../src/chain/policy-answer.ts';

describe('readPolicyAnswer', () => {
  it.each([
    ['action=DUNNO\n', 'DUNNO'],
    ['action=\n', ''],
    ['action=REJECT a=b  \n', 'REJECT a=b  '],
    ['action= REJECT\n', ' REJECT'],
    ['x=y\naction=REJECT 1\naction=REJECT 2\n', 'REJECT 1'],
    ['garbage\n=\naction=OK\nmore\n', 'OK'],
    ['ACTION=REJECT\naction=DUNNO\n', 'DUNNO'],
    ['action =REJECT\naction=DUNNO\n', 'DUNNO'],
    ['action=DUNNO\r\n', 'DUNNO\r'],
    ['action=OK\0REJECT\n', 'OK'],
    ['action\0x=REJECT\n', 'REJECT'],
    ['action=REJECT f\xc3\xbcr dich\n', 'REJECT für dich'],
  ])('reads %j', (lines, action) => {
    expect(readPolicyAnswer(lines)).toEqual({ action, isUtf8: true });
  });

  it('tells what is not UTF-8', () => {
    expect(readPolicyAnswer('action=REJECT f\xfcr\n')).toEqual({ action: 'REJECT f\ufffdr', isUtf8: false });
  });

  it.each(['', 'no action here\n', 'reaction=x\n', 'Action=OK\n', 'action\n', 'action\naction=OK\n'])(
    'finds no action in %j',
    (lines) => {
      expect(readPolicyAnswer(lines)).toBeInstanceOf(ServiceFailure);
    },
  );
});

describe('endOfAnswer', () => {
  it('finds the first empty line, however the answer is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('\n', '\r', 'a', '='), maxLength: 20 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (answer, cuts) => {
        const lines = answer.split('\n');
        const empty = lines.slice(0, -1).indexOf('');
        const expected = empty < 0 ? -1 : lines.slice(0, empty).join('\n').length + (empty > 0 ? 1 : 0);
        let received = '';
        let found = -1;
        for (const at of [...new Set([...cuts, answer.length])].sort((a, b) => a - b)) {
          const from = received.length;
          received = answer.slice(0, at);
          found = endOfAnswer(received, from);
          if (found >= 0) break;
        }
        expect(found).toBe(expected);
      }),
    );
  });
});
