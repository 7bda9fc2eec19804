/** What is said of a word that is no restriction. */
import { expect, test } from 'vitest';
import { compilePolicyText } from '../support/compiled-policy.ts';

test.each([
  ['permit_mynetwork', 'did you mean `permit_mynetworks`?'],
  ['deny', 'did you mean `reject`?'],
  ['Allow', 'did you mean `permit`?'],
  [
    'reject_non_fqdn',
    'did you mean `reject_non_fqdn_helo_hostname` or `reject_non_fqdn_sender` or `reject_non_fqdn_recipient`?',
  ],
  ['reject_rbl_client bl.example=127.0.0.2,127.0.0.3', expect.stringContaining('`=127.0.0.[2;4..11]`')],
  // The beginning of so many that no list of them helps.
  ['reject_unknown', 'a restriction class must be named in smtpd_restriction_classes'],
  ['greylist', 'a restriction class must be named in smtpd_restriction_classes'],
  // The words of a remark are no mistakes of their own.
  ['# allow our own networks', expect.any(String)],
])('%s', (word, help) => {
  const { errors } = compilePolicyText(`smtpd_sender_restrictions = reject_non_fqdn_sender, ${word}\n`);
  expect(errors.map((error) => [error.code, error.help])).toEqual([['unknown-restriction', help]]);
});
