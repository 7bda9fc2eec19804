import { describe, expect, it } from 'vitest';
import { ACTIONS, parseAction } from '../../src/access/action.ts';

describe('right-hand sides', () => {
  it.each([
    ['OK', { kind: 'permit' }],
    ['ok with text', { kind: 'permit' }],
    ['RELAY', { kind: 'permit' }],
    ['1234567', { kind: 'permit' }],
    ['550', { kind: 'permit' }],
    ['DUNNO whatever', { kind: 'dunno' }],
    ['REJECT', { kind: 'reject', dsn: '5.7.1', text: 'Access denied' }],
    ['reject go away', { kind: 'reject', dsn: '5.7.1', text: 'go away' }],
    ['REJECT 5.3.2 go away', { kind: 'reject', dsn: '5.3.2', text: 'go away' }],
    ['REJECT 5.3.2', { kind: 'reject', dsn: '5.3.2', text: 'Access denied' }],
    ['REJECT 5.3.2x go', { kind: 'reject', dsn: '5.7.1', text: '5.3.2x go' }],
    ['DEFER 4.2.1 busy', { kind: 'defer', dsn: '4.2.1', text: 'busy' }],
    ['Defer_If_Permit', { kind: 'defer_if_permit', dsn: '4.7.1', text: 'Service unavailable' }],
    ['DEFER_IF_REJECT 4.3.1 maybe', { kind: 'defer_if_reject', dsn: '4.3.1', text: 'maybe' }],
    ['550 go away', { kind: 'code', code: 550, dsn: '5.7.1', text: 'go away' }],
    ['450\t4.2.0 later', { kind: 'code', code: 450, dsn: '4.2.0', text: 'later' }],
    ['HOLD', { kind: 'effect', verb: 'HOLD', text: '' }],
    ['FILTER smtp:[127.0.0.1]:1', { kind: 'effect', verb: 'FILTER', text: 'smtp:[127.0.0.1]:1' }],
    ['FILTER nothing', { kind: 'malformed', verb: 'FILTER', expected: 'transport:nexthop' }],
    ['REDIRECT box', { kind: 'malformed', verb: 'REDIRECT', expected: 'user@domain' }],
    ['PREPEND X-Test: yes', { kind: 'effect', verb: 'PREPEND', text: 'X-Test: yes' }],
    ['PREPEND not a header', { kind: 'malformed', verb: 'PREPEND', expected: 'header: value' }],
    ['', { kind: 'empty' }],
    [' ,', { kind: 'empty' }],
    ['600 bad', { kind: 'list', text: '600 bad' }],
    ['5501 text', { kind: 'list', text: '5501 text' }],
    ['REJECT, reject', { kind: 'list', text: 'REJECT, reject' }],
    ['reject_unknown_client', { kind: 'list', text: 'reject_unknown_client' }],
  ])('%j', (value, expected) => {
    expect(parseAction(value)).toEqual(expected);
  });

  it('parses every verb of the table as its kind', () => {
    const argument = 'X: box@dest.example';
    for (const row of ACTIONS) expect(parseAction(`${row.verb} ${argument}`).kind).toBe(row.kind);
  });
});
