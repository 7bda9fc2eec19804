/**
 * `postward serve`: the daemon. Says on standard error what it listens on;
 * standard output is the log's.
 *
 * SIGTERM and SIGINT let running requests end, a second one ends at once, a
 * third without the rest of the log; SIGHUP reloads.
 */
import { type App, StartFailure, startApp } from '../app.ts';
import { zoneMask } from '../dns/open-dns.ts';
import { formatSocketAddress, type SocketAddress } from '../net/socket-address.ts';
import { openLogDestination } from '../observe/log-destination.ts';
import type { Settings } from '../settings/settings.ts';
import { errorText } from '../util/error-text.ts';
import { OperatorError } from '../util/operator-error.ts';
import { VERSION } from '../util/version.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import { painter, printDiagnostics, type Terminal } from './terminal.ts';

const EXIT_BY_SECOND_SIGNAL = 130;

/** How a daemon ended: by itself, or because somebody lost patience. */
type Ending = 'drained' | 'hurried';

/** Resolves when the daemon has stopped, with the exit code. */
export async function serve(options: OptionValues, terminal: Terminal): Promise<number> {
  const settings = settingsFor(options, terminal);
  const { format } = settings.log;
  const log = openLogDestination(process.stdout.fd);
  let ending: Ending = 'drained';
  // While it starts or stops there is nothing to reload, and nothing to die of either.
  process.on('SIGHUP', ignore);
  try {
    const isText = format === 'text' || (format === 'auto' && process.stdout.isTTY === true);
    const app = await start(
      settings,
      { log, logFormat: isText ? 'text' : 'json', environment: terminal.environment },
      terminal,
    );
    tellFaults(app);
    const stop = stopped(app);
    terminal.error(announcement(app, settings, terminal));
    ending = await stop;
  } finally {
    if (!(await log.close())) process.kill(process.pid, 'SIGTERM');
  }
  // What still runs would hold the process.
  if (ending === 'hurried') process.exit(EXIT_BY_SECOND_SIGNAL);
  return 0;
}

function ignore(): void {}

async function start(
  settings: Settings,
  options: Parameters<typeof startApp>[1],
  terminal: Terminal,
): Promise<App> {
  try {
    return await startApp(settings, options);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    printDiagnostics(terminal, error.diagnostics, zoneMask(settings.dns.zones));
    throw new OperatorError(
      'policy',
      'the policies have mistakes, so nothing was started',
      'mend them, or start with `--lenient` to decide as Postfix would with them, and to defer mail where Postward alone cannot use a line',
    );
  }
}

/**
 * A promise that failed and that nobody waits for has nothing to do with the mail that is being decided: that goes on. An
 * exception that nobody caught has left something half done: it ends the process as it ends any, and its reason is logged.
 */
function tellFaults(app: App): void {
  process.on('unhandledRejection', (error) => app.log.fault({ error: errorText(error) }));
  process.on('uncaughtExceptionMonitor', (error) => app.log.crashed({ error: errorText(error) }));
}

/** Resolves when signals have stopped the daemon; another one then ends the process as it ends any. */
function stopped(app: App): Promise<Ending> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const end = (ending: Ending) => {
      process.off('SIGTERM', stop).off('SIGINT', stop);
      resolve(ending);
    };
    const stop = (signal: NodeJS.Signals) => {
      if (isStopping) {
        end('hurried');
        return;
      }
      isStopping = true;
      app.log.stopping({ signal });
      process.off('SIGHUP', reload);
      app.close().then(() => {
        app.log.stopped({});
        end('drained');
      }, reject);
    };
    const reload = () => {
      app.reload().catch(reject);
    };
    process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', reload);
  });
}

/** A few plain lines for whoever has started it. */
function announcement(app: App, settings: Settings, terminal: Terminal): string {
  const paint = painter(terminal.hasErrorColour);
  const row = (name: string, text: string) => `  ${paint('bold', name.padEnd(10))} ${text}`;
  const lines = [`postward ${VERSION} is ready`];
  for (const [index, listener] of app.listeners.entries()) {
    lines.push(
      row('listening', `${formatSocketAddress(listener.address)}, policy ${settings.listen[index]?.policy}`),
    );
  }
  lines.push(
    row(
      'admin',
      app.admin === undefined
        ? 'off'
        : `${urlOf(app.admin.address, settings)} (/docs, /healthz, /readyz, /metrics)`,
    ),
  );
  if (app.admin?.firstToken !== undefined) {
    lines.push(
      row(
        'token',
        `${paint('bold', app.admin.firstToken)} for administration; this is the only time it is shown`,
      ),
    );
  }
  for (const { name, sources } of app.snapshot.policies.values()) {
    lines.push(row('policy', `${name}: ${sources.join(', ')}`));
  }
  const first = app.listeners[0]?.address;
  if (first !== undefined) {
    // Postfix shall wait longer than we take (SMTPD_POLICY_README, Advanced policy client configuration).
    const timeout = Math.max(30, settings.decision.deadline_seconds + 10);
    lines.push(
      '',
      'To let Postfix ask, put these two lines into its main.cf:',
      '  smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination,',
      `      check_policy_service { ${postfixService(first)}, timeout=${timeout}s, default_action=DUNNO }`,
      '',
    );
  }
  return lines.join('\n');
}

function urlOf(address: string, { admin }: Settings): string {
  if (address.startsWith('unix:')) return address;
  return `${admin.tls.certificate === undefined ? 'http' : 'https'}://${address}`;
}

/** As check_policy_service wants it. */
function postfixService(address: SocketAddress): string {
  const text = formatSocketAddress(address);
  return address.kind === 'unix' ? text : `inet:${text}`;
}
