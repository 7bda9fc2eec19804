/** Policy requests as a Postfix 3.8 sends them at RCPT TO, from many clients, all different. */

/** @param index 0 to 65535: each another client, sender and recipient */
export function benchRequest(index: number): string {
  const client = `198.18.${index >> 8}.${index & 255}`;
  const host = `mail-${index}.client.test`;
  return [
    'request=smtpd_access_policy',
    'protocol_state=RCPT',
    'protocol_name=ESMTP',
    `client_address=${client}`,
    `client_name=${host}`,
    'client_port=40000',
    `reverse_client_name=${host}`,
    'server_address=203.0.113.25',
    'server_port=25',
    `helo_name=${host}`,
    `sender=sender.${index}@sender-${index % 977}.test`,
    `recipient=recipient.${index % 499}@dest.test`,
    'recipient_count=0',
    'queue_id=',
    `instance=7f3a.6b027299.${index.toString(16)}.0`,
    'size=14336',
    'etrn_domain=',
    'stress=',
    'sasl_method=',
    'sasl_username=',
    'sasl_sender=',
    'ccert_subject=',
    'ccert_issuer=',
    'ccert_fingerprint=',
    'ccert_pubkey_fingerprint=',
    'encryption_protocol=TLSv1.3',
    'encryption_cipher=TLS_AES_256_GCM_SHA384',
    'encryption_keysize=256',
    'policy_context=',
    'compatibility_level=3.8',
    'mail_version=3.8.1',
    '\n',
  ].join('\n');
}
