/**
 * The daemon as its users run it, a child process, for tests from outside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inNamespace } from './mount-namespace.ts';

export const MAIN = join(import.meta.dirname, '../../src/main.ts');
/** Where Node keeps what it compiled: a third of the time that a start takes. */
export const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/compiled');
const START_LIMIT_MS = 60_000;
/** A line of the log that tells of a fault of the daemon's own; mistakes in a test's policy are the test's affair. */
const isFault = ({ level, event }: LogLine) =>
  ['error', 'fatal'].includes(level) && event !== 'diagnostic_error';

export interface DaemonOptions {
  /** Directory that it sees as /etc/postfix; its main.cf there is the policy. Needs root. */
  readonly etcPostfix: string;
  /** HOST:PORT of a policy socket: it is up when this one is. */
  readonly listen: string;
  /** ADDR[:PORT] of the DNS server. */
  readonly dns: string;
  /** Settings file, as it sees it, with the policies and sockets; undefined: main.cf and `listen` alone. */
  readonly config?: string;
}

/** A line of its JSON log. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Daemon {
  /** What it logged so far. */
  readonly log: readonly LogLine[];
  /** Ends it as a service manager would. @throws Error when it did not end well or logged an error. */
  stop(): Promise<void>;
}

/** @throws Error with what it said when it does not start. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { program, args } = inNamespace({ '/etc/postfix': options.etcPostfix }, process.execPath, [
    MAIN,
    'serve',
    ...(options.config === undefined
      ? ['--policy', '/etc/postfix/main.cf', '--listen', options.listen]
      : ['--config', options.config]),
    ...['--lenient', '--dns', options.dns, '--admin', 'off', '--data', 'memory'],
  ]);
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const [host = '', port = ''] = options.listen.split(':');
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await isListening(host, Number(port)))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the daemon did not start:\n${errors}${output}`);
    }
    await sleep(20);
  }
  const log = (): LogLine[] =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return {
    get log() {
      return log();
    },
    async stop() {
      await ended(child);
      if (child.exitCode !== 0) throw new Error(`the daemon ended with ${child.exitCode}:\n${errors}`);
      const faults = log().filter(isFault);
      if (faults.length > 0) throw new Error(`the daemon logged ${JSON.stringify(faults, undefined, 1)}`);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'close');
}

async function isListening(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
