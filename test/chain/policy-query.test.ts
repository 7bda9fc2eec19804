import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePolicyQuery } from '../../src/chain/policy-query.ts';
import { ATTRIBUTES } from '../../src/protocol/attributes.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import { RequestDecoder } from '../../src/protocol/request-decoder.ts';

function requestOf(values: Partial<PolicyRequest>): PolicyRequest {
  return Object.assign(new PolicyRequest(), values);
}

describe('encodePolicyQuery', () => {
  it('sends what Postfix 3.7 sends, in its order, with a policy_context of its own', () => {
    const request = requestOf({
      protocol_state: 'RCPT',
      protocol_name: 'ESMTP',
      client_address: '192.0.2.10',
      client_name: 'mail.client.test',
      helo_name: 'mail.client.test',
      sender: 'a b@sender.test',
      recipient: 'x=y@dest.test',
      instance: '1.2.3',
      policy_context: 'recipient',
    });
    expect(encodePolicyQuery(request, 'greylist')).toBe(`request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=192.0.2.10
client_name=mail.client.test
client_port=
reverse_client_name=
server_address=
server_port=
helo_name=mail.client.test
sender=a b@sender.test
recipient=x=y@dest.test
recipient_count=0
queue_id=
instance=1.2.3
size=0
etrn_domain=
stress=
sasl_method=
sasl_username=
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
ccert_pubkey_fingerprint=
encryption_protocol=
encryption_cipher=
encryption_keysize=0
policy_context=greylist

`);
  });

  it('passes on what younger Postfixes say', () => {
    const request = requestOf({ tls_sni: 'mx.test', compatibility_level: '3.6', mail_version: '3.12.1' });
    const text = encodePolicyQuery(request, '');
    expect(text).toContain(
      '\ntls_sni=mx.test\npolicy_context=\ncompatibility_level=3.6\nmail_version=3.12.1\n\n',
    );
  });

  it('lets no value end a line', () => {
    const text = encodePolicyQuery(requestOf({ sender: 'a\nsasl_username=root\r\n\n\0b' }), 'x\ny');
    expect(text).toContain('\nsender=a?sasl_username=root????b\n');
    expect(text).toContain('\npolicy_context=x?y\n');
  });

  it('is read by our own decoder as it was meant', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.toWellFormed());
    const request = fc
      .record(Object.fromEntries(ATTRIBUTES.map(({ name }) => [name, value])))
      .map((values) => requestOf(values));
    fc.assert(
      fc.property(request, value, (sent, context) => {
        const decoder = new RequestDecoder();
        decoder.push(Buffer.from(encodePolicyQuery(sent, context)));
        const clean = (text: string): string => text.replace(/[\0\r\n]/g, '?');
        const expected = new PolicyRequest();
        for (const { name } of ATTRIBUTES) expected[name] = clean(sent[name]);
        expected.request = 'smtpd_access_policy';
        expected.policy_context = clean(context);
        expected.recipient_count ||= '0';
        expected.size ||= '0';
        expected.encryption_keysize ||= '0';
        expect(decoder.next()).toEqual(expected);
        expect(decoder.bufferedBytes).toBe(0);
      }),
    );
  });
});
