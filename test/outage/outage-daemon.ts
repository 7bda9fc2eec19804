/**
 * The daemon as a child process in a directory of its own, for tests that
 * take away or break what it stands on. A warning or an error in its log that
 * the test did not wait for fails the test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { HealthReport } from '../../src/admin/health.ts';
import { PolicyClient } from '../server/policy-client.ts';
import { COMPILE_CACHE, type LogLine, MAIN } from '../support/daemon.ts';

/** Longer than anything here takes; who waits so long waits for what does not come. */
const PATIENCE_MS = 15_000;
const POLL_MS = 10;

export interface OutageOptions {
  /** Name → content; `mx.cf` is the policy. */
  readonly files: Readonly<Record<string, string>>;
  readonly dns?: { readonly port: number };
  /** For `ready`; a daemon without it starts faster. Default no. */
  readonly hasAdmin?: boolean;
  /** By the names of the environment, without prefix: `DNS__TIMEOUT_MS`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What a test asks about; the rest is as from a client without fault. */
export type Attributes = Readonly<Record<string, string>>;

const BLAMELESS: Attributes = {
  protocol_state: 'RCPT',
  protocol_name: 'ESMTP',
  client_address: '192.0.2.10',
  client_name: 'mail.client.test',
  reverse_client_name: 'mail.client.test',
  helo_name: 'mail.client.test',
  sender: 'a@sender.test',
  recipient: 'b@dest.test',
};

export function requestText(attributes: Attributes = {}): string {
  const lines = Object.entries({ ...BLAMELESS, ...attributes }).map(([name, value]) => `${name}=${value}\n`);
  return `request=smtpd_access_policy\n${lines.join('')}\n`;
}

/** Starts it, and waits until it is ready; it is gone when the test ends. */
export async function startDaemon(options: OutageOptions): Promise<OutageDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'postward-outage-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const daemon = new OutageDaemon(directory, options);
  onTestFinished(() => daemon.kill());
  await daemon.until('an announcement', () => daemon.announcement.includes('default_action=DUNNO'));
  return daemon;
}

export class OutageDaemon {
  readonly directory: string;
  readonly child: ChildProcess;
  announcement = '';
  #output = '';
  readonly #expected = new Set<string>();

  constructor(directory: string, { files, dns, hasAdmin = false, settings = {} }: OutageOptions) {
    this.directory = directory;
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    const environment = Object.entries(settings).map(([name, value]) => [`POSTWARD_${name}`, value]);
    this.child = spawn(
      process.execPath,
      [
        ...[MAIN, 'serve', '--policy', 'mx.cf', '--data', 'memory'],
        ...['--listen', '127.0.0.1:0', '--admin', hasAdmin ? '127.0.0.1:0' : 'off'],
        // Nobody listens on port 9 of this machine: what needs the DNS names one.
        ...['--dns', dns === undefined ? '127.0.0.1:9' : `127.0.0.1:${dns.port}`],
      ],
      {
        cwd: directory,
        env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...Object.fromEntries(environment) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#output += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.announcement += text;
    });
  }

  get log(): readonly LogLine[] {
    return this.#output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** The lines of one event so far, which from now on are no surprise. */
  lines(event: string): readonly LogLine[] {
    this.#expected.add(event);
    return this.log.filter((line) => line.event === event);
  }

  /** Waits for a line of this event, the `count`th. */
  async logged(event: string, count = 1): Promise<LogLine> {
    await this.until(`log event ${event}`, () => this.lines(event).length >= count);
    return this.lines(event)[count - 1] as LogLine;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  connect(): Promise<PolicyClient> {
    return PolicyClient.connect({ kind: 'tcp', host: '127.0.0.1', port: this.#port('listening') });
  }

  /** The action that one request is answered with, on a connection of its own. */
  async ask(attributes?: Attributes): Promise<string> {
    const client = await this.connect();
    client.send(requestText(attributes));
    const answer = await client.answers(1);
    client.socket.destroy();
    return answer.slice('action='.length).trimEnd();
  }

  /** Waits until a request is answered so. */
  async answers(action: string, attributes?: Attributes): Promise<void> {
    let last = '';
    await this.until(`the action ${action}, not ${last}`, async () => {
      last = await this.ask(attributes);
      return last === action;
    });
  }

  async ready(): Promise<{ code: number; report: HealthReport }> {
    const response = await fetch(`http://127.0.0.1:${this.#port('admin')}/readyz`);
    return { code: response.status, report: (await response.json()) as HealthReport };
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#port('admin')}/metrics`)).text();
  }

  /** What the admin API answers whoever administrates; with a body, to a POST. @throws Error when it refuses */
  async api(path: string, body?: object): Promise<string> {
    const token = /^ *token +(\S+)/m.exec(this.announcement)?.[1];
    const response = await fetch(`http://127.0.0.1:${this.#port('admin')}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text;
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const limit = Date.now() + PATIENCE_MS;
    while (!(await isTrue())) {
      const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
      if (hasEnded || Date.now() > limit) {
        throw new Error(
          `${hasEnded ? 'it ended' : 'waited long enough'} without ${what}:\n${this.announcement}${this.#output}`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  /** Ends it as a service manager would. @throws Error if it ended badly, or logged what nobody expected */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const code = await this.ended();
    if (code !== 0) throw new Error(`it ended with ${code}:\n${this.announcement}`);
    const surprises = this.log.filter(
      ({ level, event }) => ['warn', 'error', 'fatal'].includes(level) && !this.#expected.has(event),
    );
    if (surprises.length > 0) throw new Error(`it logged ${JSON.stringify(surprises, undefined, 1)}`);
  }

  /** Its exit code, or the signal that ended it; all of its log has been read. */
  async ended(): Promise<number | string> {
    const code = await this.exited();
    if (this.child.stdout?.closed === false) await once(this.child.stdout, 'close');
    return code;
  }

  /** The same, whether its log has been read or not. */
  async exited(): Promise<number | string> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? child.signalCode ?? '';
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** The port behind a word of the announcement. */
  #port(word: string): number {
    return Number(new RegExp(`^ *${word} .*?127\\.0\\.0\\.1:(\\d+)`, 'm').exec(this.announcement)?.[1]);
  }
}
