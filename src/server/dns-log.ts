/** What happens to DNS servers and DNSBLs, as log lines: one for each change of state. */
import { causeOfMissingEntry } from '../dns/dnsbl-doubts.ts';
import { cureOf } from '../dns/dnsbl-faults.ts';
import { type Dns, type DnsEvents, serversOf } from '../dns/open-dns.ts';
import { formatSocketAddress } from '../net/socket-address.ts';
import type { Log } from '../observe/log.ts';

/** @param dns what it is about, once it is open */
export function dnsLog(log: Log, dns: () => Pick<Dns, 'client' | 'zoneClients'>): DnsEvents {
  return {
    serverChanged({ host, port, isDown }, reason) {
      const server = formatSocketAddress({ kind: 'tcp', host, port });
      if (isDown) log.dns_server_down({ server, reason });
      else log.dns_server_up({ server });
    },
    dnsbl: {
      setAside(list, retryMs) {
        const { fault, shown, mode } = list;
        if (fault === undefined) return;
        log.dnsbl_set_aside({
          dnsbl: shown,
          fault: fault.code,
          reason: fault.reason,
          consequence:
            mode === 'enforce'
              ? `set aside, tried again in ${Math.ceil(retryMs / 1000)} s`
              : 'asked all the same (dnsbl_health = report)',
          cure: cureOf(fault, list.argument.domain, serversOf(list.argument.domain, dns())),
        });
      },
      returned: (list, afterMs) =>
        log.dnsbl_returned({ dnsbl: list.shown, seconds: Math.round(afterMs / 1000) }),
      unproven({ shown, argument: { domain } }, isEverywhere) {
        const cause = causeOfMissingEntry(domain, serversOf(domain, dns()), isEverywhere);
        log.dnsbl_unproven({ dnsbl: shown, cause });
      },
      doubted: ({ shown }, { code, reason, cure }) =>
        log.dnsbl_doubtful({ dnsbl: shown, doubt: code, reason, cure }),
    },
  };
}
