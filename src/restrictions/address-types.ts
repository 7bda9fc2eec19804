/** The DNS records that have the addresses of a host. */
import type { IpFamily } from '../net/ip-address.ts';

export type AddressType = 'A' | 'AAAA';

/** In the order in which smtpd looks at them. */
export function addressTypes(families: readonly IpFamily[]): readonly AddressType[] {
  return families.toSorted().map((family) => (family === 4 ? 'A' : 'AAAA'));
}
