/** The policies under measurement, with their tables, as files in a directory of their own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Entries of each table. */
const TABLE_SIZE = 10_000;

export const DNSBL_ZONES: readonly string[] = Array.from({ length: 9 }, (_, i) => `bl${i + 1}.test`);

const COMMON = `
myhostname = mx.dest.test
mydestination = dest.test
mynetworks = 127.0.0.0/8, 192.0.2.0/24
`;

/** What an MX host may decide without asking the DNS. Nothing in it matches a benchRequest. @returns its path */
export function writeTablePolicy(directory: string): string {
  const table = (name: string, entry: (i: number) => string): string => {
    const path = join(directory, name);
    writeFileSync(path, Array.from({ length: TABLE_SIZE }, (_, i) => `${entry(i)}\n`).join(''));
    return path;
  };
  const networks = table('networks', (i) => `10.${i >> 8}.${i & 255}.0/24 REJECT`);
  const clients = table('clients', (i) => `host-${i}.listed.test REJECT`);
  const helos = table('helos', (i) => `helo-${i}.listed.test REJECT`);
  const senders = table('senders', (i) => `spam-${i}@listed.test REJECT`);
  const recipients = table('recipients', (i) => `trap-${i}@dest.test REJECT`);
  const path = join(directory, 'tables.cf');
  writeFileSync(
    path,
    `${COMMON}
smtpd_client_restrictions = permit_mynetworks
    check_client_access cidr:${networks}, check_client_access hash:${clients}
smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
    check_helo_access hash:${helos}
smtpd_sender_restrictions = reject_non_fqdn_sender, check_sender_access hash:${senders}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions = reject_non_fqdn_recipient, check_recipient_access hash:${recipients}
`,
  );
  return path;
}

/** Nine DNSBLs, none of which lists anybody. @returns its path */
export function writeDnsblPolicy(directory: string): string {
  const path = join(directory, 'dnsbl.cf');
  const lists = DNSBL_ZONES.map((zone) => `    reject_rbl_client ${zone}\n`).join('');
  writeFileSync(
    path,
    `${COMMON}
smtpd_client_restrictions = permit_mynetworks
${lists}smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
`,
  );
  return path;
}
