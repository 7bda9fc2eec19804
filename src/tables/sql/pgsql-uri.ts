/**
 * Connection URIs of PostgreSQL (libpq §34.1.1.2) in `hosts`: server, login and
 * TLS in one. What sslmode means is libpq's, not the npm package's.
 */
import type { ClientTls } from '../../databases/client-tls.ts';
import type { PgsqlServer, PgsqlTls } from '../../databases/pgsql.ts';
import { quote } from '../../language/quote.ts';
import type { MapFile } from '../map-file/map-file.ts';
import { judgeTls, readPemAt } from '../map-file/tls-files.ts';

const DEFAULT_PORT = 5432;

/** Where Debian's packages, and most others, have it. */
const DEFAULT_DIRECTORY = '/var/run/postgresql';

const KNOWN: readonly string[] = [
  'host',
  'port',
  'dbname',
  'user',
  'password',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
];

/** Of no consequence for lookups. */
const IDLE: readonly string[] = ['application_name', 'fallback_application_name', 'client_encoding'];

export function isPgsqlUri(word: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(word);
}

/** Reports what is wrong with it. */
export function parsePgsqlUri(word: string, file: MapFile): PgsqlServer {
  const parts = /^postgres(?:ql)?:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(word);
  const [, userInfo = '', authority = '', path = '', query = ''] = parts ?? [];
  const colon = userInfo.indexOf(':');
  const values = new Map([
    ['user', decoded(colon < 0 ? userInfo : userInfo.slice(0, colon))],
    ['password', decoded(colon < 0 ? '' : userInfo.slice(colon + 1))],
    ['dbname', decoded(path)],
    ...queryOf(query),
  ]);
  for (const name of values.keys()) {
    if (KNOWN.includes(name) || IDLE.includes(name)) continue;
    const help = `the parameters are ${KNOWN.join(', ')}`;
    file.warn('hosts', 'map-file-parameter', `${quote(name)} of a connection URI is not read here`, help);
  }
  const place = /^(?:\[([^\]]+)\]|([^:,]*))(?::(\d{0,5}))?$/.exec(authority);
  const host = values.get('host') ?? decoded(place?.[1] ?? place?.[2] ?? '');
  const port = Number((values.get('port') ?? place?.[3]) || DEFAULT_PORT);
  // Never the login, which stands before the host.
  const label = `postgresql://${host}:${port}/${values.get('dbname')}`;
  if (parts === null || place === null || !(port > 0 && port < 65_536) || host.includes(',')) {
    const help = 'write `postgresql://user:password@host:port/dbname`, one host in each';
    file.error('hosts', 'map-file-value', `${quote(label)} is not the URI of a server`, help);
  }
  const user = values.get('user') ?? '';
  const login = {
    user,
    password: values.get('password') ?? '',
    database: values.get('dbname') || user,
  };
  if (host === '' || host.startsWith('/')) {
    return { kind: 'unix', directory: host || DEFAULT_DIRECTORY, port, login, isLocal: false, label };
  }
  return { kind: 'inet', host, port, login, tls: tlsOf(values, file), isLocal: false, label };
}

function queryOf(query: string): [string, string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? [decoded(pair), '']
        : [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))];
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tlsOf(values: ReadonlyMap<string, string>, file: MapFile): PgsqlTls {
  const root = values.get('sslrootcert') ?? '';
  const usesSystem = root === 'system';
  const mode = values.get('sslmode') ?? (usesSystem ? 'verify-full' : 'prefer');
  switch (mode) {
    case 'disable':
      return 'never';
    case 'allow':
    case 'prefer':
      return 'preferred';
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      break;
    default: {
      const help = 'write disable, allow, prefer, require, verify-ca or verify-full';
      file.error('hosts', 'map-file-value', `${quote(mode)} is no sslmode`, help);
    }
  }
  const ca = usesSystem ? undefined : readPemAt(file, 'hosts', root);
  if (mode !== 'require' && root === '') {
    const help = 'add `&sslrootcert=/path/of/the/authority.pem` (or `=system`)';
    file.error('hosts', 'map-file-value', `sslmode ${mode} wants to know which authority to trust`, help);
  }
  const cert = readPemAt(file, 'hosts', values.get('sslcert') ?? '');
  const key = readPemAt(file, 'hosts', values.get('sslkey') ?? '');
  const tls: ClientTls = {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // An authority that is named is asked for, whatever the mode.
    rejectUnauthorized: mode !== 'require' || root !== '',
    verifiesName: mode === 'verify-full' || usesSystem,
  };
  judgeTls(file, ['hosts'], tls);
  return tls;
}
