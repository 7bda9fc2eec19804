/**
 * What some suites need beyond Node, in one table, and whether it is here.
 *
 * A suite asks for what it needs and skips itself when that is missing:
 *
 *     const postfix = requirement('postfix');
 *     describe.skipIf(!postfix.isMet)('…', …);
 *
 * With CI=true nothing may be skipped: there `requirement` throws instead,
 * which fails the suite. `npm run test:all` installs the packages of this
 * table first (tools/test.ts), and `npm test` says at its end what was missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

interface RequirementRow {
  /** For people: what the suites want it for. */
  readonly purpose: string;
  /** Debian package → a file that shows that it is installed. */
  readonly packages: Readonly<Record<string, string>>;
  /** True when the suites bind port 53 and mount over /etc/resolv.conf in a namespace of their own. */
  readonly needsRoot: boolean;
}

const POSTFIX_WITH_TABLES = {
  postfix: '/usr/lib/postfix/sbin/smtpd',
  'postfix-pcre': '/usr/lib/postfix/postfix-pcre.so',
  'postfix-lmdb': '/usr/lib/postfix/postfix-lmdb.so',
  'postfix-cdb': '/usr/lib/postfix/postfix-cdb.so',
};

const REQUIREMENTS = {
  postfix: {
    purpose: 'real Postfix, native against delegated',
    packages: POSTFIX_WITH_TABLES,
    needsRoot: true,
  },
  postmap: {
    purpose: 'tables as Postfix reads them',
    packages: POSTFIX_WITH_TABLES,
    needsRoot: false,
  },
  sqlite: {
    purpose: 'sqlite: tables as Postfix reads them',
    packages: { postfix: '/usr/sbin/postmap', 'postfix-sqlite': '/usr/lib/postfix/postfix-sqlite.so' },
    needsRoot: false,
  },
  prlimit: {
    purpose: 'a daemon without descriptors for more files',
    packages: { 'util-linux': '/usr/bin/prlimit' },
    needsRoot: false,
  },
  mariadb: {
    purpose: 'mysql: tables against a real MariaDB, and as Postfix reads them',
    packages: {
      'mariadb-server': '/usr/sbin/mariadbd',
      openssl: '/usr/bin/openssl',
      postfix: '/usr/sbin/postmap',
      'postfix-mysql': '/usr/lib/postfix/postfix-mysql.so',
    },
    needsRoot: false,
  },
  postgresql: {
    purpose: 'pgsql: tables against a real PostgreSQL, and as Postfix reads them',
    packages: {
      postgresql: '/usr/share/doc/postgresql',
      openssl: '/usr/bin/openssl',
      postfix: '/usr/sbin/postmap',
      'postfix-pgsql': '/usr/lib/postfix/postfix-pgsql.so',
    },
    needsRoot: false,
  },
  redis: {
    purpose: 'lists and DNS answers shared by a real Redis, with Sentinel and as a Cluster',
    packages: { 'redis-server': '/usr/bin/redis-server', openssl: '/usr/bin/openssl' },
    needsRoot: false,
  },
  rbldnsd: {
    purpose: 'DNSBLs as a real rbldnsd serves them, behind a real unbound',
    packages: { rbldnsd: '/usr/sbin/rbldnsd', unbound: '/usr/sbin/unbound' },
    needsRoot: false,
  },
  slapd: {
    purpose: 'ldap: tables against a real slapd, and as Postfix reads them',
    packages: {
      slapd: '/usr/sbin/slapd',
      openssl: '/usr/bin/openssl',
      postfix: '/usr/sbin/postmap',
      'postfix-ldap': '/usr/lib/postfix/postfix-ldap.so',
    },
    needsRoot: false,
  },
  zsh: {
    purpose: 'completion as zsh runs it',
    packages: { zsh: '/usr/bin/zsh' },
    needsRoot: false,
  },
  promtool: {
    purpose: 'metrics, alert rules and dashboard queries as Prometheus reads them',
    packages: { prometheus: '/usr/bin/promtool' },
    needsRoot: false,
  },
  curl: {
    purpose: 'the commands of the guide to the API',
    packages: { curl: '/usr/bin/curl' },
    needsRoot: false,
  },
  openssl: {
    purpose: 'certificates of the admin address',
    packages: { openssl: '/usr/bin/openssl' },
    needsRoot: false,
  },
  postconf: {
    purpose: 'main.cf as Postfix reads it',
    packages: { postfix: '/usr/sbin/postconf' },
    needsRoot: false,
  },
} as const satisfies Record<string, RequirementRow>;

export type RequirementName = keyof typeof REQUIREMENTS;

export interface Requirement {
  readonly name: RequirementName;
  readonly purpose: string;
  readonly isMet: boolean;
  /** Debian packages that are not installed. */
  readonly missingPackages: readonly string[];
  /** What is missing and how to bring it, as one line; '' when met. */
  readonly complaint: string;
}

/** Every requirement of the table, met or not. Never throws. */
export function allRequirements(): Requirement[] {
  return (Object.keys(REQUIREMENTS) as RequirementName[]).map(examine);
}

/** @throws Error with CI=true when it is not met. */
export function requirement(name: RequirementName): Requirement {
  const found = examine(name);
  if (!found.isMet && process.env['CI'] === 'true') throw new Error(found.complaint);
  return found;
}

function examine(name: RequirementName): Requirement {
  const row: RequirementRow = REQUIREMENTS[name];
  const missingPackages = Object.entries(row.packages)
    .filter(([, file]) => !existsSync(file))
    .map(([debianPackage]) => debianPackage);
  let complaint = '';
  if (missingPackages.length > 0) {
    complaint = `${row.purpose}: missing ${missingPackages.join(', ')}; \`npm run test:all\` as root installs what is missing`;
  } else if (row.needsRoot && !canMount()) {
    complaint = `${row.purpose}: needs root and a mount namespace; run \`npm run test:all\` as root`;
  }
  return { name, purpose: row.purpose, isMet: complaint === '', missingPackages, complaint };
}

function canMount(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
}
