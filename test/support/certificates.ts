/**
 * Certificates made for one test by openssl(1): `ca.pem` signs `server.pem` (for
 * localhost, 127.0.0.1 and 127.0.0.3, but not 127.0.0.2) and `client.pem`;
 * `other-ca.pem` signs nothing. Keys stand beside them as `server.key` and so on.
 */
const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2';

function authority(name: string): string {
  return `openssl req -x509 ${NEW_KEY} -keyout ${name}.key -out ${name}.pem -subj '/CN=${name} of a test'`;
}

function signed(name: string, subject: string, extensions: string): string {
  return [
    `openssl req ${NEW_KEY.replace(' -days 2', '')} -keyout ${name}.key -out ${name}.csr -subj '${subject}'`,
    `printf '%s\\n' '${extensions}' > ${name}.ext`,
    `openssl x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ${name}.ext -out ${name}.pem`,
  ].join(' && ');
}

/** For /bin/sh, in the directory that they belong into. */
export const MAKE_CERTIFICATES: string = [
  'umask 077',
  authority('ca'),
  authority('other-ca'),
  signed('server', '/CN=localhost', 'subjectAltName = DNS:localhost, IP:127.0.0.1, IP:127.0.0.3'),
  signed('client', '/CN=postward', 'extendedKeyUsage = clientAuth'),
].join(' && ');

/** Not in the certificate of the server. */
export const OTHER_ADDRESS = '127.0.0.2';
