/** Where the servers of an LDAP map file are, and how to introduce oneself there (ldap_table(5)). */
import type { ClientTls } from '../../databases/client-tls.ts';
import type { LdapBind, LdapServer } from '../../databases/ldap.ts';
import { quote } from '../../language/quote.ts';
import type { MapFile } from '../map-file/map-file.ts';
import { judgeTls, readPemDirectory, readPemFile } from '../map-file/tls-files.ts';
import { looksLikeLdapUrl, parseLdapUrl } from './ldap-url.ts';

const DEFAULT_PORTS = { ldap: 389, ldaps: 636 } as const;

/** Debian's, and most others'. */
const DEFAULT_SOCKET = '/var/run/slapd/ldapi';

export const SERVER_PARAMETERS = [
  'server_host',
  'server_port',
  'bind',
  'bind_dn',
  'bind_pw',
  'sasl_mechs',
  'sasl_realm',
  'sasl_authz_id',
  'sasl_minssf',
  'start_tls',
  'tls_ca_cert_file',
  'tls_ca_cert_dir',
  'tls_cert',
  'tls_key',
  'tls_require_cert',
  'tls_random_file',
  'tls_cipher_suite',
] as const;

export function ldapServersOf(file: MapFile): LdapServer[] {
  const port = file.integer('server_port', DEFAULT_PORTS.ldap);
  return file
    .filled('server_host', 'localhost')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => {
      const url = looksLikeLdapUrl(word) ? word : `ldap://${word}${word.includes(':') ? '' : `:${port}`}`;
      return serverOf(url, word, file);
    });
}

function serverOf(text: string, word: string, file: MapFile): LdapServer {
  const url = parseLdapUrl(text);
  if (url?.scheme === 'ldapi') {
    const path = url.host === '' ? DEFAULT_SOCKET : url.host;
    return { kind: 'unix', path, isLocal: false, label: `ldapi:${path}` };
  }
  const host = url?.host || 'localhost';
  const scheme = url?.scheme ?? 'ldap';
  const port = url?.port ?? DEFAULT_PORTS[scheme];
  if (url === undefined || port < 1 || port > 65_535) {
    const help = 'write `ldap://host:port`, `ldaps://host`, `ldapi://%2Fpath` or `host:port`';
    file.error('server_host', 'map-file-value', `${quote(word)} is not a server`, help);
  }
  // They are asked in the order in which they are listed, wherever they are.
  const label = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { kind: 'inet', host, port, isTls: scheme === 'ldaps', isLocal: false, label };
}

export function ldapBindOf(file: MapFile): LdapBind {
  const bind = file.filled('bind', 'yes').toLowerCase();
  switch (bind) {
    case 'no':
    case 'none':
      return { kind: 'none' };
    case 'sasl':
      return saslBindOf(file);
    case 'yes':
    case 'simple':
      break;
    default: {
      const help = 'write `bind = yes`, `bind = no` or `bind = sasl`';
      file.error('bind', 'map-file-value', `${quote(bind)} is no way to bind`, help);
    }
  }
  return { kind: 'simple', dn: file.text('bind_dn'), password: file.text('bind_pw') };
}

function saslBindOf(file: MapFile): LdapBind {
  const mechanisms = file.text('sasl_mechs').toUpperCase().split(/\s+/);
  if (!mechanisms.includes('EXTERNAL')) {
    file.error(
      'bind',
      'map-file-value',
      'of the SASL mechanisms only `EXTERNAL` is known here',
      'write `sasl_mechs = EXTERNAL` with a client certificate or an `ldapi:` socket, or `bind = yes` with `bind_dn` and `bind_pw` over TLS',
    );
  }
  return { kind: 'external', authorizationId: file.text('sasl_authz_id') };
}

/** With STARTTLS when `start_tls` says so. */
export function ldapTlsOf(
  file: MapFile,
  servers: readonly LdapServer[],
): ClientTls & { isStarting: boolean } {
  const isStarting = file.boolean('start_tls', false);
  if (isStarting && servers.some((server) => server.kind === 'inet' && server.isTls)) {
    const help = 'delete `start_tls`, or write `ldap://`';
    file.error('start_tls', 'map-file-value', '`ldaps://` is TLS from the start already', help);
  }
  if (file.text('tls_random_file') !== '') {
    file.warn(
      'tls_random_file',
      'map-file-parameter',
      '`tls_random_file` is not read here',
      'delete the line',
    );
  }
  const cert = readPemFile(file, 'tls_cert');
  const key = readPemFile(file, 'tls_key');
  // tls_ca_cert_file takes precedence.
  const fromFile = readPemFile(file, 'tls_ca_cert_file');
  const ca = fromFile === undefined ? readPemDirectory(file, 'tls_ca_cert_dir') : [fromFile];
  const ciphers = file.text('tls_cipher_suite');
  const isRequired = file.boolean('tls_require_cert', false);
  const tls: ClientTls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ciphers === '' ? {} : { ciphers }),
    rejectUnauthorized: isRequired,
    verifiesName: isRequired,
  };
  judgeTls(file, ['tls_cipher_suite', 'tls_cert', 'tls_key', 'tls_ca_cert_file', 'tls_ca_cert_dir'], tls);
  return { ...tls, isStarting };
}
