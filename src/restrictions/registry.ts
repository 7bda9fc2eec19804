/**
 * Every restriction name that smtpd(8) of Postfix 2.1 to 3.11 knows, one row
 * each, and a few of our own. Adding a restriction is one object in its subject's file, one line
 * here if the file is new, and its conformance cases.
 */
import type { ListName } from '../engine/step.ts';
import { ACCESS } from './access.ts';
import { ADDRESS } from './address.ts';
import { CLIENT } from './client.ts';
import { DNSBL } from './dnsbl.ts';
import { DNSBL_SCORE } from './dnsbl-score.ts';
import { GENERIC } from './generic.ts';
import { HELO } from './helo.ts';
import { LOGIN } from './login.ts';
import { MX_BACKUP } from './mx-backup.ts';
import { POLICY_SERVICE } from './policy-service.ts';
import { RELAY } from './relay.ts';
import type { Restriction } from './restriction.ts';
import { SERVER_ACCESS } from './server-access.ts';
import { TLS } from './tls.ts';
import { UNDECIDABLE } from './undecidable.ts';
import { UNLISTED } from './unlisted.ts';

export const RESTRICTIONS: readonly Restriction[] = Object.freeze([
  ...GENERIC,
  ...CLIENT,
  ...HELO,
  ...ADDRESS,
  ...RELAY,
  ...MX_BACKUP,
  ...ACCESS,
  ...SERVER_ACCESS,
  ...DNSBL,
  ...DNSBL_SCORE,
  ...LOGIN,
  ...TLS,
  ...POLICY_SERVICE,
  ...UNLISTED,
  ...UNDECIDABLE,
]);

/** The check_*_access that a bare table stands for, by list. DATA and END-OF-MESSAGE have none. */
export const DEFAULT_ACCESS: Readonly<Partial<Record<ListName, string>>> = {
  client: 'check_client_access',
  helo: 'check_helo_access',
  sender: 'check_sender_access',
  relay: 'check_recipient_access',
  recipient: 'check_recipient_access',
  etrn: 'check_etrn_access',
};

const BY_NAME: ReadonlyMap<string, Restriction> = new Map(
  RESTRICTIONS.flatMap((row) => [row.name, ...row.aliases].map((name) => [name, row] as const)),
);

export const RESTRICTION_NAMES: readonly string[] = [...BY_NAME.keys()];

/** By current or old name, in any case unless smtpd minds it. */
export function findRestriction(name: string): Restriction | undefined {
  const row = BY_NAME.get(name.toLowerCase());
  return row?.isPredefinedClass === true && name !== row.name ? undefined : row;
}
