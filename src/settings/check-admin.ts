/** Which settings of `admin` go together: what leaves the machine is encrypted, or somebody has said who does it. */
import type { Report } from '../language/diagnostic.ts';
import type { Span } from '../language/source.ts';
import { isLoopback, parseSocketAddress } from '../net/socket-address.ts';
import type { Settings } from './settings.ts';

export function checkAdmin(
  { address, tls, behind_proxy }: Settings['admin'],
  spans: ReadonlyMap<string, Span>,
  report: Report,
): void {
  const error = (name: string, message: string, help: string): void =>
    report({ severity: 'error', code: 'admin-settings', message, span: spans.get(name), help });

  const hasTls = tls.certificate !== undefined && tls.key !== undefined;
  if (!hasTls && (tls.certificate !== undefined || tls.key !== undefined)) {
    const [given, missing] = tls.key === undefined ? ['certificate', 'key'] : ['key', 'certificate'];
    error(
      `admin.tls.${given}`,
      `\`admin.tls.${given}\` is set, and \`admin.tls.${missing}\` is not`,
      'set both, or none',
    );
    return;
  }
  const parsed = parseSocketAddress(address);
  if (parsed?.kind !== 'tcp') {
    if (hasTls) {
      error(
        'admin.tls.certificate',
        `\`admin.tls\` is set, and \`admin.address\` is \`${address}\``,
        'TLS is for an address with a port: remove `admin.tls`',
      );
    }
    return;
  }
  if (hasTls || behind_proxy || isLoopback(parsed)) return;
  error(
    'admin.address',
    `other machines reach the admin address \`${address}\`, and tokens would cross the network unencrypted`,
    'set `admin.tls.certificate` and `admin.tls.key`; or `admin.behind_proxy: true` if a proxy before it speaks TLS',
  );
}
