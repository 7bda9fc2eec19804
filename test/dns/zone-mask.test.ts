import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ZoneMask } from '../../src/dns/zone-mask.ts';

test.each([
  ['0123456789abcdef.zen.dq.spamhaus.net', '*.zen.dq.spamhaus.net'],
  ['2.0.0.127.0123456789ABCDEF.Zen.DQ.Spamhaus.Net', '2.0.0.127.*.Zen.DQ.Spamhaus.Net'],
  [
    'blocked using k3y.dbl.dq.spamhaus.net; see k3y.zen.dq.spamhaus.net',
    'blocked using *.dbl.dq.spamhaus.net; see *.zen.dq.spamhaus.net',
  ],
  ['k3y.combined.mail.abusix.zone=127.0.0.2', '*.combined.mail.abusix.zone=127.0.0.2'],
  ['k3y.df.uribl.com', '*.df.uribl.com'],
  [
    '2.0.0.127.ABC123.r.mail-abuse.com, abc123.q.mail-abuse.com',
    '2.0.0.127.*.r.mail-abuse.com, *.q.mail-abuse.com',
  ],
  ['\x1b[1mk3y.zen.dq.spamhaus.net\x1b[22m', '\x1b[1m*.zen.dq.spamhaus.net\x1b[22m'],
  ['\x1b[38;5;1mk3y.df.uribl.com', '\x1b[38;5;1m*.df.uribl.com'],
  // No key, or somebody else's zone.
  ['multi.uribl.com', 'multi.uribl.com'],
  ['www.mail-abuse.com', 'www.mail-abuse.com'],
  ['using zen.dq.spamhaus.net', 'using zen.dq.spamhaus.net'],
  ['k3y.zen.dq.spamhaus.network', 'k3y.zen.dq.spamhaus.network'],
  ['2.0.0.127.zen.spamhaus.org', '2.0.0.127.zen.spamhaus.org'],
])('%s is shown as %s', (text, shown) => {
  expect(new ZoneMask().text(text)).toBe(shown);
});

test('zones that the settings call private lose their first label', () => {
  const mask = new ZoneMask(['s3cret.bl.test', 'plain']);
  expect(mask.text('10.2.0.192.s3cret.bl.test: timeout, S3CRET.BL.TEST=127.0.0.2')).toBe(
    '10.2.0.192.*.bl.test: timeout, *.BL.TEST=127.0.0.2',
  );
  expect(mask.text('not.s3cret.bl.testing')).toBe('not.s3cret.bl.testing');
  expect(mask.text('xs3cret.bl.test')).toBe('xs3cret.bl.test');
});

test('a zone that is known and called private besides is masked once', () => {
  const mask = new ZoneMask(['k3y.zen.dq.spamhaus.net']);
  expect(mask.text('a k3y.zen.dq.spamhaus.net b')).toBe('a *.zen.dq.spamhaus.net b');
});

test('a value is masked all through, and stays what it is', () => {
  const mask = new ZoneMask(['s3cret.bl.test']);
  const value = { 's3cret.bl.test': ['\ns3cret.bl.test\n', { n: 1, no: null, yes: true }], other: undefined };
  expect(mask.value(value)).toEqual({
    '*.bl.test': ['\n*.bl.test\n', { n: 1, no: null, yes: true }],
    other: undefined,
  });
});

test('wherever a name with a key stands, the key does not come through', () => {
  const mask = new ZoneMask(['s3cret.bl.test']);
  const around = fc.string({
    unit: fc.constantFrom(' ', '.', '"', '\n', '=', '\x1b[1m', 'é', '*', '[', ';'),
  });
  const name = fc.constantFrom('s3cret.bl.test', 's3cret.zen.dq.spamhaus.net', 's3cret.df.uribl.com');
  fc.assert(
    fc.property(around, name, around, name, around, (a, one, b, other, c) => {
      const masked = mask.text(`${a}${one} ${b}${other}${c}`);
      expect(masked).not.toContain('s3cret');
      expect(masked).toBe(`${a}${one} ${b}${other}${c}`.replaceAll('s3cret', '*'));
    }),
  );
});
