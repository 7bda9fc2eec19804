/**
 * A server program of Debian's for a test: its data in a temporary directory,
 * its port on loopback, run by a user without rights. Nothing of the machine's
 * own server, if there is one, is read or changed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** nobody and nogroup, on every Debian; the servers refuse to run as root. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const START_LIMIT_MS = 30_000;

export interface ServerProgram {
  /** Fills the empty directory: program and arguments. */
  readonly prepare: (directory: string) => readonly [string, ...string[]];
  readonly serve: (directory: string, port: number) => readonly [string, ...string[]];
  /** Resolves once it answers; rejects until then. */
  readonly greet: (directory: string, port: number) => Promise<void>;
}

export class PrivateServer {
  readonly directory: string;
  readonly port: number;
  readonly #program: ServerProgram;
  #process: ChildProcess | undefined;

  private constructor(directory: string, port: number, program: ServerProgram) {
    this.directory = directory;
    this.port = port;
    this.#program = program;
  }

  /** @throws Error with the program's own words when it does not start */
  static async start(program: ServerProgram): Promise<PrivateServer> {
    const directory = await mkdtemp(join(tmpdir(), 'postward-server-'));
    if (UNPRIVILEGED.uid !== undefined) await chown(directory, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
    const server = new PrivateServer(directory, await freePort(), program);
    const [command, ...args] = program.prepare(directory);
    await run(command, args, { ...UNPRIVILEGED, cwd: directory, env: { PATH: process.env['PATH'] } });
    await server.restart();
    return server;
  }

  /** Starts it again after `kill`; more than once, while what is left of the last one is in its way. */
  async restart(): Promise<void> {
    const limit = performance.now() + START_LIMIT_MS;
    for (let failure = await this.#spawn(limit); failure !== undefined; failure = await this.#spawn(limit)) {
      if (performance.now() > limit) throw new Error(failure);
      await sleep(200);
    }
  }

  /** @returns why it does not start; undefined: it does */
  async #spawn(limit: number): Promise<string | undefined> {
    const [command, ...args] = this.#program.serve(this.directory, this.port);
    const child = spawn(command, args, {
      ...UNPRIVILEGED,
      cwd: this.directory,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4000);
      });
    }
    this.#process = child;
    for (;;) {
      try {
        await this.#program.greet(this.directory, this.port);
        return undefined;
      } catch (error) {
        if (child.exitCode !== null || performance.now() > limit) {
          return `${command} does not start: ${error}\n${said}`;
        }
        await sleep(50);
      }
    }
  }

  /** Stops it in the middle of what it does: connections stay, nothing is answered. */
  async pause(): Promise<void> {
    for (const pid of await this.#pids()) signal(pid, 'SIGSTOP');
  }

  async resume(): Promise<void> {
    for (const pid of await this.#pids()) signal(pid, 'SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    for (const pid of await childrenOf(child.pid)) signal(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #pids(): Promise<number[]> {
    const pid = this.#process?.pid;
    return pid === undefined ? [] : [pid, ...(await childrenOf(pid))];
  }
}

/** What has ended in the meantime needs none. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const children: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // What ended in the meantime is none.
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(parent)) children.push(Number(name));
  }
  return children;
}

/** A port of 127.0.0.1 that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
