/**
 * The command line: which commands there are, their flags and help, and how
 * mistakes of whoever types them are told. One file a command; a command is
 * loaded only when it is called.
 */
import { Argument, Command, CommanderError } from 'commander';
import { OperatorError } from '../util/operator-error.ts';
import { VERSION } from '../util/version.ts';
import { addApiCommands } from './api-commands.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { addDnsCommands } from './dns-commands.ts';
import { addDnsblCommands } from './dnsbl-commands.ts';
import { addSettingFlags, type OptionValues } from './setting-flags.ts';
import { printOperatorError, processTerminal, type Terminal } from './terminal.ts';

const FAILURE = 1;
const USAGE = 2;

/**
 * Runs a command.
 *
 * @param argv as process.argv: Node, the script, then what was typed
 * @returns the exit code, when the command has ended
 */
export async function run(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = 0;
  const program = build(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (!(error instanceof OperatorError)) throw error;
    printOperatorError(terminal, error);
    return FAILURE;
  }
}

function build(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command('postward')
    .description("Postfix policy delegation daemon whose policy language is Postfix's own")
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('(`--help` tells more)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.error(text.replace(/\n$/, '')),
      outputError: (text, write) => write(text.replace(/^error: /, 'postward: ')),
    });

  const command = (name: string, summary: string): Command => program.command(name).description(summary);

  addSettingFlags(command('serve', 'run the daemon')).action(async (options: OptionValues) => {
    const { serve } = await import('./serve.ts');
    done(await serve(options, terminal));
  });

  addSettingFlags(command('check', 'tell every mistake and doubt in a policy'), [])
    .argument('[file]', 'a policy file or a directory of them; default: the policies of the settings')
    .option('--strict', 'exit with 1 when there are warnings')
    .option('--json', 'for programs')
    .addHelpText('after', '\nExits with 0: no mistakes, 1: warnings and --strict, 2: mistakes.')
    .action(async (file: string | undefined, options: OptionValues) => {
      const { check } = await import('./check.ts');
      done(await check(file, options, terminal));
    });

  addSettingFlags(command('explain', 'show how a request is decided, step by step'), [
    'policies',
    'dns.servers',
    'data',
  ])
    .argument('[attribute=value...]', 'of the request; without any it is read from standard input')
    .option('--context <context>', 'policy_context: [POLICY][/LIST] or a list such as `helo`')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nExample: postward explain client_address=192.0.2.1 helo_name=mail.example.com \\\n  sender=a@example.com recipient=b@example.org',
    )
    .action(async (words: readonly string[], options: OptionValues) => {
      const { explain } = await import('./explain.ts');
      done(await explain(words, options, terminal));
    });

  command('import', 'make a policy of a main.cf, and tell what becomes of each line')
    .argument(
      '[file]',
      'a main.cf; `-`: standard input, which `postconf -n` may fill',
      '/etc/postfix/main.cf',
    )
    .option('--master <file>', 'a master.cf: services with restrictions of their own become policies')
    .option('--output <directory>', 'write policies and tables there; without it nothing is written')
    .option('--fix', 'mend what has one obvious cure')
    .option('--force', 'overwrite files')
    .addHelpText(
      'after',
      '\nExits with 2 when mistakes are left that keep Postward from starting, or lines that could not be read; else 0.',
    )
    .action(async (file: string, options: OptionValues) => {
      const { importCommand } = await import('./import.ts');
      done(await importCommand(file, options, terminal));
    });

  addSettingFlags(command('doctor', 'look whether Postfix and Postward are wired together well'), [
    'policies',
  ])
    .option('--postfix <directory>', 'the configuration of Postfix', '/etc/postfix')
    .option('--strict', 'exit with 1 when there are warnings')
    .option('--json', 'for programs')
    .addHelpText('after', '\nExits with 0: all is well, 1: warnings and --strict, 2: errors.')
    .action(async (options: OptionValues) => {
      const { doctor } = await import('./doctor.ts');
      done(await doctor(options, terminal));
    });

  addSettingFlags(command('backup', 'copy the lists, the audit and the tokens into one file'), ['data'])
    .argument('<file>', 'a file that does not exist yet')
    .addHelpText('after', '\nThe daemon may run meanwhile; the copy is of one moment.')
    .action(async (file: string, options: OptionValues) => {
      const { backup } = await import('./backup.ts');
      done(backup(file, options, terminal));
    });

  addSettingFlags(command('health', 'ask a running daemon whether it can decide'), ['admin.address']).action(
    async (options: OptionValues) => {
      const { health } = await import('./health.ts');
      done(await health(options, terminal));
    },
  );

  addApiCommands(program, terminal, done);
  addDnsCommands(program, terminal, done);
  addDnsblCommands(program, terminal, done);

  command('completion', 'completion for a shell: `source <(postward completion bash)`')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      terminal.out(completionScript(program, shell).trimEnd());
      done(0);
    });
  return program;
}
