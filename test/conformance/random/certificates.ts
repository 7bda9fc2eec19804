/** The certificates that random clients have, and how tables name them. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CERTIFICATES } from '../../support/private-postfix.ts';

/** With one that Postfix trusts. */
export const CERTIFIED_CLIENTS: readonly string[] = ['client-1', 'client-2', 'trusted'];

/** Of certificates and of their public keys (TLS_README, smtpd_tls_fingerprint_digest = sha256). */
export const FINGERPRINTS: readonly string[] = CERTIFIED_CLIENTS.flatMap((name) => {
  const certificate = new X509Certificate(readFileSync(join(CERTIFICATES, `${name}.pem`)));
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const hex = createHash('sha256').update(key).digest('hex').toUpperCase();
  return [certificate.fingerprint256, (hex.match(/../g) ?? []).join(':')];
});
