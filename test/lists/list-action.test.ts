import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/access/action.ts';
import { someGuesses } from '../../src/lists/edit-check.ts';
import { ACTION_NAMES, actionName, isActionMistake, parseListAction } from '../../src/lists/list-action.ts';

function told(action: string): string {
  const parsed = parseListAction(action, ['greylist']);
  return isActionMistake(parsed) ? `${parsed.error}; ${parsed.help}` : `${parsed.verb}: ${parsed.text}`;
}

describe('the action of an entry', () => {
  it.each([
    ['REJECT', 'REJECT: REJECT'],
    [' reject  spam run ', 'REJECT: reject  spam run'],
    ['550 5.7.1 go away', '550: 550 5.7.1 go away'],
    ['OK', 'OK: OK'],
    ['DUNNO', 'DUNNO: DUNNO'],
    ['DEFER_IF_PERMIT later', 'DEFER_IF_PERMIT: DEFER_IF_PERMIT later'],
    ['PREPEND X-Spam: yes', 'PREPEND: PREPEND X-Spam: yes'],
    ['REDIRECT admin@example.com', 'REDIRECT: REDIRECT admin@example.com'],
    ['reject_unknown_client_hostname', 'RESTRICTIONS: reject_unknown_client_hostname'],
    ['reject_rbl_client zen.test, greylist', 'RESTRICTIONS: reject_rbl_client zen.test, greylist'],
    ['greylist', 'RESTRICTIONS: greylist'],
  ])('may be %j', (action, expected) => {
    expect(told(action)).toBe(expected);
  });

  it.each([
    ['', 'the action is empty'],
    [' , ', 'the action is empty'],
    ['REJCT spam', 'did you mean `REJECT`?'],
    ['550', 'write `550 text` to refuse'],
    ['1', 'write `OK` to permit'],
    ['REDIRECT nowhere', 'REDIRECT needs user@domain'],
    ['FILTER smtp', 'FILTER needs transport:nexthop'],
    ['check_client_access hash:/etc/passwd', 'needs a lookup table'],
    ['reject_rbl_client', 'needs an argument'],
    ['go away', 'is no action'],
    ['REJECT a\nb', 'line break'],
    [`REJECT ${'x'.repeat(1000)}`, 'longer than 1000'],
  ])('cannot be %j: %s', (action, part) => {
    expect(told(action)).toContain(part);
  });
});

it('guesses of a transaction end after as many as anybody reads', () => {
  const guess = someGuesses();
  const mistakes = Array.from({ length: 150 }, () => parseListAction('REJCT', [], guess));
  const guessed = mistakes.filter((each) => isActionMistake(each) && each.help === 'did you mean `REJECT`?');
  expect(guessed).toHaveLength(100);
  expect(mistakes.filter(isActionMistake)).toHaveLength(150);
});

describe('the name of an action', () => {
  it('is that of its verb, and every verb has one', () => {
    const names = ACTIONS.map(({ verb }) => actionName(`${verb.toLowerCase()} x-a: b@c`));
    expect(new Set([...names, actionName('450 x'), actionName('599 x')])).toEqual(new Set(ACTION_NAMES));
  });

  it.each(['', 'permit', 'REJECT,permit', 'REJECTx', '600 x', '5501 x', 'REJECT\u00a0x'])(
    '%j has none',
    (action) => {
      expect(actionName(action)).toBe('');
    },
  );
});
