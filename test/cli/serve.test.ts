import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const main = resolve(import.meta.dirname, '../../src/main.ts');
let directory: string;
let daemon: Daemon | undefined;

class Daemon {
  readonly child: ChildProcess;
  output = '';
  errors = '';

  constructor(words: readonly string[], environment: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [main, 'serve', ...words], {
      cwd: directory,
      env: { ...process.env, NO_COLOR: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk) => {
      this.output += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.errors += chunk;
    });
  }

  get log(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.errors}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  async ready(): Promise<this> {
    await this.until(() => this.errors.includes('default_action=DUNNO'));
    return this;
  }

  /** The port behind a word of the announcement. */
  port(word: string): number {
    return Number(new RegExp(`${word} .*?127\\.0\\.0\\.1:(\\d+)`).exec(this.errors)?.[1]);
  }

  async end(): Promise<{ code: number | null; signal: string | null }> {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) return { code: exitCode, signal: signalCode };
    const [code, signal] = await once(this.child, 'close');
    return { code, signal };
  }
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'postward-serve-'));
  policy('smtpd_helo_restrictions = reject_non_fqdn_helo_hostname');
});

afterEach(async () => {
  if (daemon !== undefined) {
    daemon.child.kill('SIGKILL');
    await daemon.end();
    daemon = undefined;
  }
  rmSync(directory, { recursive: true });
});

function policy(text: string): void {
  writeFileSync(join(directory, 'mx.cf'), `${text}\n`);
}

function serve(...words: string[]): Promise<Daemon> {
  daemon = new Daemon(['--policy', 'mx.cf', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', ...words], {
    POSTWARD_LOG__LEVEL: 'debug',
  });
  return daemon.ready();
}

async function ask(port: number, helo: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=192.0.2.9\nclient_name=unknown\nhelo_name=${helo}\nsender=a@x.test\nrecipient=b@y.test\n\n`,
  );
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

const REJECTED = 'action=504 5.5.2 need fully-qualified hostname\n\n';

describe('the daemon', () => {
  test('says what it listens on, decides, logs and counts', async () => {
    const running = await serve();
    expect(running.errors).toMatch(
      /^postward \d+\.\d+\.\d+ is ready\n {2}listening {2}127\.0\.0\.1:\d+, policy mx\n/,
    );
    expect(running.errors).toContain(`  policy     mx: ${join(directory, 'mx.cf')}\n`);
    const port = running.port('listening');
    expect(running.errors).toContain(`check_policy_service { inet:127.0.0.1:${port}, timeout=30s`);

    expect(await ask(port, 'short')).toBe(REJECTED);
    expect(await ask(port, 'long.test')).toBe('action=DUNNO\n\n');
    await running.until(() => running.log.filter(({ event }) => event === 'decision').length === 2);
    expect(running.log.find(({ event }) => event === 'decision')).toMatchObject({
      verdict: 'reject',
      restriction: 'reject_non_fqdn_helo_hostname',
      msg: 'NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 504 5.5.2 <short>: Helo command rejected: need fully-qualified hostname; from=<a@x.test> to=<b@y.test> proto=ESMTP helo=<short>',
    });

    const admin = `http://127.0.0.1:${running.port('admin')}`;
    expect(await (await fetch(`${admin}/readyz`)).json()).toMatchObject({ status: 'pass' });
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toContain(
      'postward_decisions_total{policy="mx",list="helo",restriction="reject_non_fqdn_helo_hostname",verdict="reject",code="504"} 1\n',
    );
    expect(metrics).toContain('postward_connections_total 2\n');

    running.child.kill('SIGTERM');
    expect(await running.end()).toEqual({ code: 0, signal: null });
    expect(running.log.slice(-2).map(({ event }) => event)).toEqual(['stopping', 'stopped']);
  });

  test('outlives a promise that failed and that nobody waits for; the reason of a crash is logged', async () => {
    const faulty = `process.on('SIGUSR2', () => {
      Promise.reject(new Error('nobody waits'));
      setTimeout(() => { throw new Error('nobody catches'); }, 500);
    });`;
    daemon = new Daemon(['--policy', 'mx.cf', '--listen', '127.0.0.1:0', '--admin', 'off'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(faulty)}`,
    });
    const running = await daemon.ready();
    running.child.kill('SIGUSR2');
    await running.until(() => running.log.some(({ event }) => event === 'fault'));
    expect(await ask(running.port('listening'), 'short')).toBe(REJECTED);
    expect((await running.end()).code).not.toBe(0);
    expect(running.log.filter(({ level }) => level === 'error')).toMatchObject([
      { event: 'fault', error: expect.stringContaining('Error: nobody waits') },
      { event: 'crashed', error: expect.stringContaining('Error: nobody catches') },
    ]);
    expect(running.errors).toContain('nobody catches');
  });

  test('reloads on SIGHUP, and keeps the old policy when the new one is broken', async () => {
    const running = await serve();
    const port = running.port('listening');
    const events = (name: string) => running.log.filter(({ event }) => event === name).length;

    policy('smtpd_helo_restrictions =');
    running.child.kill('SIGHUP');
    await running.until(() => events('snapshot_loaded') === 2);
    expect(await ask(port, 'short')).toBe('action=DUNNO\n\n');

    policy('smtpd_helo_restrictions = reject_everything');
    running.child.kill('SIGHUP');
    await running.until(() => events('reload_failed') === 1);
    expect(await ask(port, 'short')).toBe('action=DUNNO\n\n');
    const ready = await fetch(`http://127.0.0.1:${running.port('admin')}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      {
        status: 'warn',
        checks: expect.arrayContaining([expect.objectContaining({ name: 'reload', status: 'warn' })]),
      },
    ]);
  });
});

describe('does not start', () => {
  async function fails(words: readonly string[], environment: Record<string, string> = {}) {
    daemon = new Daemon(words, environment);
    const { code } = await daemon.end();
    expect(daemon.errors).not.toMatch(/\n\s+at /);
    return { code, errors: daemon.errors, output: daemon.output };
  }

  test('with a broken policy, and shows every mistake', async () => {
    policy('smtpd_helo_restrictions = reject_everything, reject_nothing');
    const { code, errors } = await fails(['--policy', 'mx.cf', '--listen', '127.0.0.1:0', '--admin', 'off']);
    expect(code).toBe(1);
    expect(errors).toContain(`${join(directory, 'mx.cf')}:1:27: error[`);
    expect(errors).toContain(`${join(directory, 'mx.cf')}:1:46: error[`);
    expect(errors).toContain('postward: the policies have mistakes, so nothing was started\nhelp: mend them');
  });

  test('on a port in use', async () => {
    const other: Server = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, errors } = await fails([
      '--policy',
      'mx.cf',
      '--listen',
      `127.0.0.1:${port}`,
      '--admin',
      'off',
    ]);
    other.close();
    expect(code).toBe(1);
    expect(errors).toContain(`postward: cannot listen on \`127.0.0.1:${port}\`: address in use\nhelp: `);
  });

  test('with wrong settings', async () => {
    const { code, errors } = await fails(['--listen', 'nowhere'], { POSTWARD_LOG__LEVEL: 'loud' });
    expect(code).toBe(1);
    expect(errors).toContain('POSTWARD_LOG__LEVEL:1:1: error[invalid-setting]');
    expect(errors).toContain('--listen:1:1: error[invalid-setting]');
  });
});

test('with --lenient a broken policy decides as Postfix would', async () => {
  policy('smtpd_helo_restrictions = reject_everything');
  const running = await serve('--lenient');
  expect(await ask(running.port('listening'), 'short')).toBe(
    'action=451 4.3.5 Server configuration error\n\n',
  );
  expect(running.log.filter(({ event }) => event === 'diagnostic_error')).toHaveLength(1);
});

test('a second signal ends it at once, with the log written', async () => {
  const running = await serve();
  const socket = connect(running.port('listening'), '127.0.0.1');
  socket.on('error', () => {});
  // Half a request: the daemon would wait for the rest.
  socket.write('request=smtpd_access_policy\n');
  await running.until(() => running.log.some(({ event }) => event === 'connection_opened'));
  running.child.kill('SIGTERM');
  await running.until(() => running.log.some(({ event }) => event === 'stopping'));
  running.child.kill('SIGTERM');
  expect(await running.end()).toEqual({ code: 130, signal: null });
  socket.destroy();
});
