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
  // No key, or somebody else's zone.
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
