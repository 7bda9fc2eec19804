/** What a policy says of the health of its DNSBLs: dnsbl_health, and dnsbl_health_exceptions zone by zone. */
import { DNSBL_HEALTH_MODES, type DnsblHealthMode } from '../dns/watched-list.ts';
import type { Report } from '../language/diagnostic.ts';
import type { ParameterSet } from './parameter-set.ts';

/** The mode by zone. */
export function dnsblHealthModes(
  parameters: ParameterSet,
  report: Report,
): (zone: string) => DnsblHealthMode {
  const usual = modeOf(parameters.text('dnsbl_health')) ?? 'enforce';
  const exceptions = new Map<string, DnsblHealthMode>();
  for (const { text, span } of parameters.tokens('dnsbl_health_exceptions')) {
    const [zone = '', word = 'off'] = text.toLowerCase().split('=', 2);
    const mode = modeOf(word);
    if (mode !== undefined && zone !== '') exceptions.set(zone, mode);
    else {
      report({
        severity: 'error',
        code: 'bad-parameter-value',
        message: `dnsbl_health_exceptions cannot hold \`${text}\``,
        span,
        help: 'write the zone of a DNS list with enforce, report or off: `bl.example.com=off`',
      });
    }
  }
  return (zone) => exceptions.get(zone.toLowerCase()) ?? usual;
}

function modeOf(word: string): DnsblHealthMode | undefined {
  return DNSBL_HEALTH_MODES.find((mode) => mode === word.toLowerCase());
}
