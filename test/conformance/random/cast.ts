/** What one case is about: clients, names and addresses, few enough that tables and probes meet. */
import {
  DOMAINS,
  ETRN_NAMES,
  LOCAL_PARTS,
  ODD_DOMAINS,
  ODD_LOCAL_PARTS,
  OUR_DOMAINS,
  WHOLE_ADDRESSES,
} from './addresses.ts';
import type { Chooser } from './chooser.ts';
import { CLIENTS, HELO_NAMES, type RandomClient } from './clients.ts';

export interface Cast {
  readonly clients: readonly RandomClient[];
  readonly heloNames: readonly string[];
  readonly localParts: readonly string[];
  readonly domains: readonly string[];
  readonly ourDomains: readonly string[];
  readonly wholeAddresses: readonly string[];
  readonly etrnNames: readonly string[];
}

export function randomCast(choose: Chooser): Cast {
  return {
    clients: choose.some(CLIENTS, 8),
    heloNames: choose.some(HELO_NAMES, 12),
    localParts: [...choose.some(LOCAL_PARTS, 3), ...choose.some(ODD_LOCAL_PARTS, 3)],
    domains: [...choose.some(DOMAINS, 7), choose.of(ODD_DOMAINS)],
    ourDomains: choose.some(OUR_DOMAINS, 4),
    wholeAddresses: choose.some(WHOLE_ADDRESSES, 2),
    etrnNames: choose.some(ETRN_NAMES, 3),
  };
}
