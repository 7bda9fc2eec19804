/**
 * `node bench/shared-lists.ts [EDITS]`: two Postwards with a store on disk, one
 * redis-server between them. How long it is from a `PUT` of an entry at one
 * until its answer, until the entry decides there, and until it decides at the
 * other. Who edits takes turns.
 *
 * Both servers are asked on their policy sockets without a pause, so the
 * figures hold what that costs too.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './median.ts';
import { freePort, ServerProcess } from './server-process.ts';

const EDITS = Number(process.argv[2] ?? 200);
const LIST = 'reject_client';
const TOKEN = `pw_bench_${'x'.repeat(40)}`;
const CLIENT = '192.0.2.7';
const REQUEST = `request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=${CLIENT}\nclient_name=mail.client.test\nreverse_client_name=mail.client.test\nhelo_name=mail.client.test\nsender=a@sender.test\nrecipient=b@dest.test\n\n`;

interface Postward {
  readonly server: ServerProcess;
  readonly admin: string;
  readonly policy: PolicySocket;
}

/** Asks the same again and again. */
class PolicySocket {
  readonly #socket: Socket;
  #pending = '';
  #wake: () => void = () => {};

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay();
    this.#socket.on('error', (error) => console.error(`policy socket ${port}: ${error.message}`));
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      this.#pending += text;
      this.#wake();
    });
  }

  /** Resolves with the time at which an answer held this text. */
  async answers(text: string): Promise<number> {
    for (;;) {
      this.#pending = '';
      this.#socket.write(REQUEST);
      while (!this.#pending.endsWith('\n\n')) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#pending.includes(text)) return performance.now();
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function start(name: string, directory: string): Promise<Postward> {
  const data = join(directory, name);
  mkdirSync(data);
  const adminPort = await freePort();
  const server = await ServerProcess.start(name, (port) => {
    return [
      ...[process.execPath, join(import.meta.dirname, '../src/main.ts'), 'serve'],
      ...['--policy', join(directory, 'mx.cf'), '--data', data, '--dns', '127.0.0.1:9'],
      ...['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`],
    ];
  });
  return { server, admin: `http://127.0.0.1:${adminPort}`, policy: new PolicySocket(server.port) };
}

async function put(admin: string, path: string, body: object): Promise<{ shared?: boolean }> {
  const response = await fetch(`${admin}/v1/lists/${LIST}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as { shared?: boolean };
}

function report(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
  const worst = sorted.at(-1) ?? Number.NaN;
  const row = [median(times), p95, worst].map((ms) => `${ms.toFixed(1)} ms`.padStart(10)).join('');
  console.log(`${what.padEnd(34)}${row}`);
}

const directory = mkdtempSync(join(tmpdir(), 'postward-bench-'));
const servers: Postward[] = [];
try {
  writeFileSync(join(directory, 'mx.cf'), `smtpd_client_restrictions = check_client_access list:${LIST}\n`);
  const redisServer = await ServerProcess.start('redis-server', (port) => [
    ...['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory],
    ...['--logfile', join(directory, 'redis.log')],
  ]);
  process.env['POSTWARD_REDIS__URL'] = `redis://127.0.0.1:${redisServer.port}`;
  process.env['POSTWARD_ADMIN_TOKEN'] = TOKEN;
  try {
    for (const name of ['one', 'two']) servers.push(await start(name, directory));
    const [one, two] = servers;
    if (one === undefined || two === undefined) throw new Error('two servers are needed');
    // Warm: connections, compiled code.
    for (let round = 0; round < 20; round++)
      await edit(round % 2 === 0 ? one : two, [one, two], `warm-${round}`);
    const answered: number[] = [];
    const here: number[] = [];
    const there: number[] = [];
    let shared = 0;
    for (let round = 0; round < EDITS; round++) {
      const [at, other] = round % 2 === 0 ? [one, two] : [two, one];
      const times = await edit(at, [at, other], `edit-${round}`);
      answered.push(times.answered);
      here.push(times.inForce[0] ?? Number.NaN);
      there.push(times.inForce[1] ?? Number.NaN);
      if (times.isShared) shared += 1;
    }
    console.log(`${EDITS} edits, two servers, one Redis${' '.repeat(10)}    median       95 %     worst`);
    report('PUT answered', answered);
    report('in force at the server asked', here);
    report('in force at the other server', there);
    console.log(`answers that said it is shared: ${shared} of ${EDITS}`);
  } finally {
    for (const { server, policy } of servers) {
      policy.close();
      await server.stop();
    }
    await redisServer.stop();
  }
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function edit(
  at: Postward,
  all: readonly Postward[],
  text: string,
): Promise<{ answered: number; inForce: number[]; isShared: boolean }> {
  const began = performance.now();
  const effects = Promise.all(all.map(({ policy }) => policy.answers(text)));
  const { shared } = await put(at.admin, `/entries/${CLIENT}`, { action: `REJECT ${text}` });
  const answered = performance.now() - began;
  return { answered, inForce: (await effects).map((time) => time - began), isShared: shared === true };
}
