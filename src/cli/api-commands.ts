/**
 * The commands that ask a running daemon over its admin API: their names, flags
 * and help. Each is loaded only when it is called.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { VERDICTS } from '../engine/decision.ts';
import { API_VARIABLE, TOKEN_VARIABLE } from './admin-client.ts';
import { addSettingFlags, type OptionValues } from './setting-flags.ts';
import type { Terminal } from './terminal.ts';

const LIST_KINDS = ['client', 'helo', 'sender', 'recipient', 'any'];
const SCOPES = ['read', 'lists', 'policies', 'admin'];
const FORMATS = ['access', 'csv', 'ndjson'];

const EXPIRES = 'how long it holds, such as `12h` or `7d`, or until when, such as `2026-12-31`';

/** @param done is told the exit code */
export function addApiCommands(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const api = (parent: Command, name: string, summary: string): Command =>
    addSettingFlags(parent.command(name).description(summary), ['data'])
      .option(
        '--api <address>',
        `the admin API, \`https://host:port\`, in place of the local socket (${API_VARIABLE}; token: ${TOKEN_VARIABLE})`,
      )
      .option('--json', 'for programs');

  addListCommands(program.command('list').description('managed lists'), api, terminal, done);

  api(program, 'decisions', 'the last decisions of the daemon')
    .addOption(new Option('--follow', 'those to come, until interrupted').conflicts(['since', 'limit']))
    .option('--client <client>', 'an address, a network, a host name or `.domain`')
    .option('--sender <sender>', 'an address, a domain, or `<>`')
    .option('--recipient <recipient>', 'an address or a domain')
    .addOption(new Option('--verdict <verdict>', 'what was decided').choices([...VERDICTS]))
    .option('--restriction <name>', 'the restriction that decided')
    .option('--list <list>', "smtpd's list in which it was decided, or the managed list whose entry decided")
    .option('--policy <name>', 'the policy that decided')
    .option('--since <time>', 'from then on: `1h` ago, or a time')
    .option('--limit <number>', 'so many', count, 100)
    .action(async (options: OptionValues) => {
      const { decisions } = await import('./decisions.ts');
      done(await decisions(options, terminal));
    });

  api(program, 'audit', 'who changed what')
    .option('--list <name>', 'the list that was changed')
    .option('--key <key>', 'the entry that was changed')
    .option('--actor <actor>', 'who changed it')
    .option('--operation <operation>', 'such as entry.put or token.create')
    .option('--since <time>', 'from then on: `1h` ago, or a time')
    .option('--limit <number>', 'so many', count, 100)
    .action(async (options: OptionValues) => {
      const { audit } = await import('./audit.ts');
      done(await audit(options, terminal));
    });

  api(program, 'status', 'the daemon at a glance').action(async (options: OptionValues) => {
    const { status } = await import('./status.ts');
    done(await status(options, terminal));
  });

  addTokenCommands(program.command('token').description('tokens for the admin API'), api, terminal, done);
}

type AddApiCommand = (parent: Command, name: string, summary: string) => Command;

function addListCommands(
  list: Command,
  api: AddApiCommand,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  api(list, 'ls', 'what lists there are').action(async (options: OptionValues) => {
    const { listLs } = await import('./list.ts');
    done(await listLs(options, terminal));
  });
  api(list, 'show', 'the entries of a list, or one')
    .argument('<list>')
    .argument('[key]')
    .option('--prefix <text>', 'keys that begin so')
    .option('--contains <text>', 'keys, actions and comments with this text')
    .option('--limit <number>', 'so many', count, 1000)
    .action(async (name: string, key: string | undefined, options: OptionValues) => {
      const { listShow } = await import('./list.ts');
      done(await listShow(name, key, options, terminal));
    });
  api(list, 'add', 'put an entry into a list, or change it')
    .argument('<list>')
    .argument('<key>', 'an address, a network, a host name, a domain, a mail address')
    .argument('<action...>', 'an action of access(5), such as REJECT and its text')
    .option('--comment <text>', 'for people; it is not sent to clients')
    .option('--expires <time>', EXPIRES)
    .addHelpText(
      'after',
      '\nExample: postward list add reject_client 192.0.2.0/24 REJECT "spam run" --expires 7d',
    )
    .action(async (name: string, key: string, action: readonly string[], options: OptionValues) => {
      const { listAdd } = await import('./list.ts');
      done(await listAdd(name, key, action, options, terminal));
    });
  api(list, 'rm', 'take entries out of a list')
    .argument('<list>')
    .argument('<key...>')
    .action(async (name: string, keys: readonly string[], options: OptionValues) => {
      const { listRm } = await import('./list.ts');
      done(await listRm(name, keys, options, terminal));
    });
  api(list, 'import', 'put the entries of a file into a list')
    .argument('<list>')
    .argument('<file>', '`-`: standard input')
    .addOption(
      new Option('--format <format>', 'default: by the name of the file, else access(5) text').choices(
        FORMATS,
      ),
    )
    .option('--replace', 'remove what the file does not have')
    .option('--force', 'with --replace: also when the file has no entries')
    .option('--dry-run', 'only tell what would change')
    .action(async (name: string, file: string, options: OptionValues) => {
      const { listImport } = await import('./list-transfer.ts');
      done(await listImport(name, file, options, terminal));
    });
  api(list, 'export', 'write a list as text: access(5), which postmap reads, CSV or NDJSON')
    .argument('<list>')
    .addOption(new Option('--format <format>', 'how').choices(FORMATS).default('access'))
    .option('--output <file>', 'default: standard output')
    .action(async (name: string, options: OptionValues) => {
      const { listExport } = await import('./list-transfer.ts');
      done(await listExport(name, options, terminal));
    });
  api(list, 'match', 'which lists have an address or a domain, and what they say')
    .argument('<key>')
    .action(async (key: string, options: OptionValues) => {
      const { listMatch } = await import('./list.ts');
      done(await listMatch(key, options, terminal));
    });
  api(list, 'create', 'make a list, or describe it anew')
    .argument('<list>')
    .addOption(new Option('--kind <kind>', 'what its keys are; a new list is `any`').choices(LIST_KINDS))
    .option('--description <text>', 'for people')
    .action(async (name: string, options: OptionValues) => {
      const { listCreate } = await import('./list.ts');
      done(await listCreate(name, options, terminal));
    });
  api(list, 'drop', 'delete a list with all its entries')
    .argument('<list>')
    .action(async (name: string, options: OptionValues) => {
      const { listDrop } = await import('./list.ts');
      done(await listDrop(name, options, terminal));
    });
}

function addTokenCommands(
  token: Command,
  api: AddApiCommand,
  terminal: Terminal,
  done: (exitCode: number) => void,
): void {
  api(token, 'ls', 'what tokens there are').action(async (options: OptionValues) => {
    const { tokenLs } = await import('./token.ts');
    done(await tokenLs(options, terminal));
  });
  api(token, 'create', 'make a token; its text is shown once')
    .argument('<name>', 'for people, and for the audit trail')
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(SCOPES).default(['read'], 'read'))
    .option('--list <name...>', 'the only lists it may see and edit')
    .option('--action <action...>', 'the only actions it may put in force, such as `REJECT` or `5NN`')
    .option('--expires <time>', EXPIRES)
    .action(async (name: string, options: OptionValues) => {
      const { tokenCreate } = await import('./token.ts');
      done(await tokenCreate(name, options, terminal));
    });
  api(token, 'rm', 'revoke tokens')
    .argument('<token...>', 'ids or names')
    .action(async (wanted: readonly string[], options: OptionValues) => {
      const { tokenRm } = await import('./token.ts');
      done(await tokenRm(wanted, options, terminal));
    });
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('It must be a number from 1 to 1000000.');
}
