import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime, parseTime } from '../../src/util/rfc3339.ts';

test.each([
  ['2030-12-31T23:59:59Z', '2030-12-31T23:59:59Z'],
  ['2030-12-31t23:59:59z', '2030-12-31T23:59:59Z'],
  ['2030-12-31T23:59:59-00:00', '2030-12-31T23:59:59Z'],
  ['2030-12-31T23:59:59+23:59', '2030-12-31T00:00:59Z'],
  ['2028-02-29T00:00:00.5+01:00', '2028-02-28T23:00:00.500Z'],
  [`2030-01-01T00:00:00.${'9'.repeat(30)}Z`, '2030-01-01T00:00:00.999Z'],
  ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
])('%s is %s', (text, same) => {
  expect(formatTime(parseTime(text) ?? Number.NaN)).toBe(same);
});

test.each([
  '2030-12-31T23:59:60Z',
  '2030-06-30T15:59:60-08:00',
  '2030-02-28T24:00:00Z',
  '2030-02-31T00:00:00Z',
  '2029-02-29T00:00:00Z',
  '2100-02-29T00:00:00Z',
  '2030-04-31T00:00:00Z',
  '2030-13-01T00:00:00Z',
  '2030-00-01T00:00:00Z',
  '2030-01-00T00:00:00Z',
  '2030-01-01T00:60:00Z',
  '2030-01-01T00:00:00+24:00',
  '2030-01-01T00:00:00+00:60',
  '2030-01-01T00:00:00',
  '2030-01-01 00:00:00Z',
  '2030-01-01T00:00:00Z[Europe/Paris]',
  '2030-01-01',
  '02030-01-01T00:00:00Z',
  '',
])('%j is no time', (text) => {
  expect(parseTime(text)).toBeUndefined();
});

test('every time that is written is read again', () => {
  const time = fc.date({
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(time, (date) => {
      expect(parseTime(formatTime(date.getTime()))).toBe(date.getTime());
      expect(parseTime(date.toISOString())).toBe(date.getTime());
    }),
  );
});
