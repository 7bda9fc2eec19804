/** What Postfix tells a policy server in the session of a probe, as far as decisions depend on it. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyRequest } from '../../src/protocol/request.ts';
import type { Probe } from './case-file.ts';
import { CERTIFICATES } from './private-postfix.ts';

/** With smtpd_delay_reject = yes, and if all that comes before is permitted: one query for each stage. */
export function sessionRequests(probe: Probe): Partial<PolicyRequest>[] {
  const { recipients, verb, bodyBytes } = probe;
  const [first = ''] = recipients;
  const session = sessionAttributes(probe);
  if (verb === 'ETRN') return [{ ...session, protocol_state: 'ETRN', sender: '', etrn_domain: first }];
  if (verb === 'VRFY') return [{ ...session, protocol_state: 'VRFY', sender: '', recipient: first }];
  const requests = recipients.map((recipient) => ({ ...session, protocol_state: 'RCPT', recipient }));
  if (bodyBytes === 0) return requests;
  const received = {
    ...session,
    recipient: recipients.length === 1 ? first : '',
    recipient_count: String(recipients.length),
  };
  return [
    ...requests,
    { ...received, protocol_state: 'DATA' },
    { ...received, protocol_state: 'END-OF-MESSAGE', size: String(bodyBytes) },
  ];
}

/** The same in all queries of a session. */
export function sessionAttributes(probe: Probe): Partial<PolicyRequest> {
  const { id, client, helo, sender, size, greeting, tls } = probe;
  return {
    instance: id,
    protocol_name: greeting === 'HELO' ? 'SMTP' : 'ESMTP',
    client_address: client.address,
    client_name: named(client.name),
    reverse_client_name: named(client.reverseName),
    client_port: client.port,
    sasl_username: client.login,
    helo_name: helo ?? '',
    sender,
    recipient: '',
    size,
    ...(tls === undefined ? {} : { encryption_protocol: 'TLSv1.2', ...certificateAttributes(tls) }),
  };
}

function named(name: string): string {
  return name.startsWith('[') ? 'unknown' : name;
}

function certificateAttributes(name: string): Partial<PolicyRequest> {
  if (name === 'none') return {};
  const certificate = new X509Certificate(readFileSync(join(CERTIFICATES, `${name}.pem`)));
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const keyPrint = createHash('sha256').update(key).digest('hex').toUpperCase();
  return {
    ccert_fingerprint: certificate.fingerprint256,
    ccert_pubkey_fingerprint: keyPrint.replace(/..(?=.)/g, '$&:'),
    ...(name === 'trusted'
      ? { ccert_subject: 'Trusted+20Client+20+2B+20Co', ccert_issuer: 'Test+20CA' }
      : {}),
  };
}
