/** `postward dnsbl`: names, flags and help. Each command is loaded only when it is called. */
import type { Command } from 'commander';
import { API_VARIABLE, TOKEN_VARIABLE } from './admin-client.ts';
import { addSettingFlags, type OptionValues } from './setting-flags.ts';
import type { Terminal } from './terminal.ts';

/** @param done is told the exit code */
export function addDnsblCommands(
  program: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  const dnsbl = program.command('dnsbl').description('DNS lists: how they are, and what they say');

  addSettingFlags(dnsbl.command('status'), ['data'])
    .description('the DNS lists of a running daemon: their health, and what each was worth in the last day')
    .option(
      '--api <address>',
      `the admin API, \`https://host:port\`, in place of the local socket (${API_VARIABLE}; token: ${TOKEN_VARIABLE})`,
    )
    .option('--probe', 'probe them all first')
    .option('--json', 'for programs')
    .action(async (options: OptionValues) => {
      const { dnsblStatus } = await import('./dnsbl-status.ts');
      done(await dnsblStatus(options, terminal));
    });

  addSettingFlags(dnsbl.command('check'), ['policies', 'dns.servers'])
    .description('ask every DNS list of the policies about an address or a domain')
    .argument('<address or domain>')
    .option('--independent', "once more through the `dnsbl` package and the system's own resolver")
    .option('--json', 'for programs')
    .addHelpText('after', '\nExits with 0: no list has it, 1: a list has it.')
    .action(async (subject: string, options: OptionValues) => {
      const { dnsblCheck } = await import('./dnsbl-check.ts');
      done(await dnsblCheck(subject, options, terminal));
    });
}
