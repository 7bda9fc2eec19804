/**
 * A private slapd (OpenLDAP): LDAP on 127.0.0.1 and 127.0.0.2, LDAP over TLS on
 * 127.0.0.3, all at its port, and a socket. `cn=admin,dc=example,dc=test` has
 * the password `s3 cret`; so has `cn=postfix`, who may read what nobody else may.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UNCHECKED_TLS } from '../../src/databases/client-tls.ts';
import { connectLdap } from '../../src/databases/ldap.ts';
import { MAKE_CERTIFICATES, OTHER_ADDRESS } from './certificates.ts';
import { PrivateServer } from './private-server.ts';

export const TLS_ADDRESS = '127.0.0.3';
export const PASSWORD = 's3 cret';

/** Attributes of guides: the filter by default, and postfix.schema's `maildrop`. */
const SCHEMA = `
attributetype ( 1.3.6.1.4.1.4203.666.1 NAME 'mailacceptinggeneralid' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.2 NAME 'maildrop' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.3 NAME 'memberaddr' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.4 NAME 'memberref' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.5 NAME 'bytes' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.4203.666.6 NAME 'mailthing' SUP top STRUCTURAL MUST cn
  MAY ( mail $ mailacceptinggeneralid $ maildrop $ memberaddr $ memberref $ member $ bytes $ description $ userPassword ) )
`;

function configuration(directory: string): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
modulepath /usr/lib/ldap
moduleload back_mdb
${SCHEMA}
pidfile ${directory}/pid
TLSCACertificateFile ${directory}/ca.pem
TLSCertificateFile ${directory}/server.pem
TLSCertificateKeyFile ${directory}/server.key
TLSVerifyClient try
sizelimit 50
database mdb
suffix dc=example,dc=test
rootdn cn=admin,dc=example,dc=test
rootpw "${PASSWORD}"
directory ${directory}/data
maxsize 16777216
index objectClass,mail eq
access to dn.subtree="ou=secret,dc=example,dc=test"
  by dn.exact="cn=postfix,dc=example,dc=test" read
  by dn.exact="cn=postward" read
  by dn.regex="^gidNumber=.*,cn=peercred,cn=external,cn=auth$" read
  by * none
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`;
}

/** @param ldif its whole content below dc=example,dc=test */
export async function startSlapd(ldif: string): Promise<PrivateServer> {
  return await PrivateServer.start({
    prepare: (directory) => {
      writeFileSync(join(directory, 'slapd.conf'), configuration(directory), { mode: 0o644 });
      writeFileSync(join(directory, 'content.ldif'), ldif, { mode: 0o644 });
      const fill = 'mkdir data && /usr/sbin/slapadd -q -f slapd.conf -l content.ldif';
      return ['/bin/sh', '-c', `${MAKE_CERTIFICATES} && ${fill}`];
    },
    serve: (directory, port) => [
      '/usr/sbin/slapd',
      '-d',
      '0',
      '-f',
      join(directory, 'slapd.conf'),
      '-h',
      `ldap://127.0.0.1:${port} ldap://${OTHER_ADDRESS}:${port} ldaps://${TLS_ADDRESS}:${port} ${slapdSocketUrl(directory)}`,
    ],
    greet: async (_directory, port) => {
      const connection = await connectLdap(
        { kind: 'inet', host: '127.0.0.1', port, isTls: false, isLocal: true, label: 'slapd' },
        {
          bind: { kind: 'simple', dn: '', password: '' },
          isStartingTls: false,
          tls: UNCHECKED_TLS,
          timeLimitSeconds: 0,
        },
        2000,
      );
      connection.close();
    },
  });
}

export function slapdSocketUrl(directory: string): string {
  return `ldapi://${encodeURIComponent(join(directory, 'ldapi'))}`;
}
