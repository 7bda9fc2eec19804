/** `postward dns`: names, flags and help. Each command is loaded only when it is called. */
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { DNS_TYPES, type DnsType } from '../dns/resolver.ts';
import { API_VARIABLE, TOKEN_VARIABLE } from './admin-client.ts';
import { addSettingFlags, type OptionValues } from './setting-flags.ts';
import type { Terminal } from './terminal.ts';

/** @param done is told the exit code */
export function addDnsCommands(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const dns = program.command('dns').description('what the DNS says, and what is kept of it');
  const api = (command: Command): Command =>
    command.option(
      '--api <address>',
      `the admin API, \`https://host:port\`, in place of the local socket (${API_VARIABLE}; token: ${TOKEN_VARIABLE})`,
    );

  api(addSettingFlags(dns.command('lookup'), ['dns.servers', 'data']))
    .description('ask the DNS servers of the settings for a name, each of them')
    .argument('<name>', 'a host name, or an IP address')
    .addArgument(
      new Argument('[type]', `${DNS_TYPES.join(', ')}; default: A, for an address PTR`).argParser(dnsType),
    )
    .option('--daemon', 'show what a running daemon has in its cache, and ask nobody')
    .option('--json', 'for programs')
    .addHelpText('after', '\nExits with 0: there is an answer, 1: no server has answered.')
    .action(async (name: string, type: DnsType | undefined, options: OptionValues) => {
      if (options['daemon'] === true) {
        const { dnsCached } = await import('./dns-cache.ts');
        done(await dnsCached(name, type, options, terminal));
      } else {
        const { dnsLookup } = await import('./dns-lookup.ts');
        done(await dnsLookup(name, type, options, terminal));
      }
    });

  api(addSettingFlags(dns.command('flush'), ['data']))
    .description('let a running daemon forget what it keeps of a name, or of all; shared answers too')
    .argument('[name]')
    .option('--json', 'for programs')
    .action(async (name: string | undefined, options: OptionValues) => {
      const { dnsFlush } = await import('./dns-cache.ts');
      done(await dnsFlush(name, options, terminal));
    });
}

function dnsType(text: string): DnsType {
  const type = DNS_TYPES.find((known) => known === text.toUpperCase());
  if (type === undefined) throw new InvalidArgumentError(`It is one of ${DNS_TYPES.join(', ')}.`);
  return type;
}
