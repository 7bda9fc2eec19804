/**
 * The attributes of a policy delegation request, SMTPD_POLICY_README: the one
 * table that the decoder, the reference documentation, the input check of
 * `explain` and the tests' generators read. Its order is that in which
 * Postfix 3.12 sends them; a server must not rely on it.
 *
 * PolicyRequest (request.ts) spells the same names out as fields.
 */
import type { AttributeName } from './request.ts';

/** The one kind of request there is: the value of the attribute `request`. */
export const REQUEST_TYPE = 'smtpd_access_policy';

export interface Attribute {
  readonly name: AttributeName;
  /** The Postfix version that first sent it. */
  readonly since: string;
  readonly summary: string;
  readonly example: string;
}

function attribute(name: AttributeName, since: string, summary: string, example: string): Attribute {
  return Object.freeze({ name, since, summary, example });
}

export const ATTRIBUTES: readonly Attribute[] = Object.freeze([
  attribute('request', '2.1', `always ${REQUEST_TYPE}`, REQUEST_TYPE),
  attribute(
    'protocol_state',
    '2.1',
    'CONNECT, EHLO, HELO, MAIL, RCPT, DATA (also for BDAT), END-OF-MESSAGE, VRFY, ETRN, or XCLIENT',
    'RCPT',
  ),
  attribute('protocol_name', '2.1', 'SMTP until the client says EHLO, then ESMTP', 'ESMTP'),
  attribute('client_address', '2.1', 'IPv4 or IPv6 address of the SMTP client', '192.0.2.10'),
  attribute(
    'client_name',
    '2.1',
    'host name of the client that its address confirms, or `unknown`',
    'mail.client.example',
  ),
  attribute('client_port', '3.0', 'TCP port of the client, or `unknown` when a proxy hides it', '40000'),
  attribute(
    'reverse_client_name',
    '2.1',
    'host name of the client that its address need not confirm, or `unknown`',
    'mail.client.example',
  ),
  attribute('server_address', '3.2', 'address of this host that the client connected to', '203.0.113.25'),
  attribute('server_port', '3.2', 'TCP port that the client connected to', '25'),
  attribute('helo_name', '2.1', 'HELO or EHLO argument; empty before', 'mail.client.example'),
  attribute(
    'sender',
    '2.1',
    'MAIL FROM address; empty for the null sender and before MAIL',
    'alice@sender.example',
  ),
  attribute(
    'recipient',
    '2.1',
    'RCPT TO address; from DATA on only if there is just one',
    'bob@recipient.example',
  ),
  attribute('recipient_count', '2.3', 'accepted recipients, at DATA and END-OF-MESSAGE; else 0', '0'),
  attribute('queue_id', '2.1', 'queue ID; empty until the first recipient is accepted', '4F2C11B7A2'),
  attribute(
    'instance',
    '2.1',
    'the same in all requests of one message transaction, another in the next',
    'acd.6b027299.aafa2.0',
  ),
  attribute('size', '2.2', 'bytes: the SIZE of MAIL FROM, 0 if none; real size at END-OF-MESSAGE', '1234'),
  attribute('etrn_domain', '2.3', 'ETRN argument', 'example.com'),
  attribute('stress', '2.5', '`yes` while smtpd runs out of processes, else empty', ''),
  attribute('sasl_method', '2.2', 'how the client authenticated; empty if it did not', 'PLAIN'),
  attribute('sasl_username', '2.2', 'login name of the client; empty if not authenticated', 'alice'),
  attribute('sasl_sender', '2.2', 'AUTH= of MAIL FROM; empty if none', ''),
  attribute(
    'ccert_subject',
    '2.2',
    'common name of a trusted client certificate, as xtext',
    'client.example',
  ),
  attribute('ccert_issuer', '2.2', 'common name of its issuer, as xtext', 'Example+20CA'),
  attribute('ccert_fingerprint', '2.2', 'fingerprint of the client certificate', 'C2:9D:F4:87:71:73:73:D9'),
  attribute('ccert_pubkey_fingerprint', '2.9', 'fingerprint of its public key', '68:B3:29:DA:98:93:E3:40'),
  attribute('encryption_protocol', '2.3', 'TLS version; empty without TLS', 'TLSv1.3'),
  attribute('encryption_cipher', '2.3', 'TLS cipher; empty without TLS', 'TLS_AES_256_GCM_SHA384'),
  attribute('encryption_keysize', '2.3', 'bits; 0 without TLS', '256'),
  attribute(
    'tls_sni',
    '3.12',
    'server name that the client asked for in the TLS handshake',
    'mx.example.com',
  ),
  attribute('policy_context', '3.1', 'policy_context of the check_policy_service that asks', 'recipient'),
  attribute('compatibility_level', '3.8', 'main.cf compatibility_level', '3.6'),
  attribute('mail_version', '3.8', 'version of Postfix', '3.8.1'),
]);

const NAMES: ReadonlySet<string> = new Set(ATTRIBUTES.map((row) => row.name));

/** True for an attribute that some version of Postfix sends. */
export function isAttributeName(name: string): name is AttributeName {
  return NAMES.has(name);
}
