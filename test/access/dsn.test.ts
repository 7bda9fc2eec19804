import { describe, expect, it } from 'vitest';
import { fixDsn, splitDsn } from '../../src/access/dsn.ts';

describe('splitDsn', () => {
  it('takes a leading DSN off the text', () => {
    expect(splitDsn('5.7.1 go away', '4.0.0')).toEqual({ dsn: '5.7.1', text: 'go away', isExplicit: true });
    expect(splitDsn('4.2.100', '5.7.1')).toEqual({ dsn: '4.2.100', text: '', isExplicit: true });
  });

  it.each(['3.1.1 x', '5.7 x', '5.7.1234 x', '5.7.1x', 'go 5.7.1'])('leaves %j alone', (text) => {
    expect(splitDsn(text, '5.7.1')).toEqual({ dsn: '5.7.1', text, isExplicit: false });
  });
});

describe('fixDsn', () => {
  it.each([
    ['5.1.1', 'Sender address', '5.1.7'],
    ['5.1.1', 'Recipient address', '5.1.1'],
    ['4.1.8', 'Recipient address', '4.1.2'],
    ['4.1.8', 'Sender address', '4.1.8'],
    ['5.1.10', 'Recipient address', '5.1.0'],
    ['5.1.1', 'Client host', '5.0.0'],
    ['5.7.1', 'Client host', '5.7.1'],
  ])('%s for %s is %s', (dsn, replyClass, expected) => {
    expect(fixDsn(dsn, replyClass)).toBe(expected);
  });
});
