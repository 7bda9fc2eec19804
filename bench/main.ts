/**
 * `npm run bench`: throughput and latency of the daemon beside the least that
 * Node can do, in one run. What the DNS costs: `npm run bench:dns`.
 *
 * Each round measures floor, protocol, daemon, floor, and ratios are taken
 * within a round, so that what else the machine does cancels out. Ratios and
 * CPU time travel from one machine to another; requests per second do not.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { expectDunno } from './expect-dunno.ts';
import type { LoadResult } from './load.ts';
import { median } from './median.ts';
import { writeTablePolicy } from './policies.ts';
import { ServerProcess } from './server-process.ts';

const HELP = `npm run bench -- [options]
  --quick               a smoke test: short, one round
  --connections N,N,…   default 1,16,100
  --seconds S           of each measurement, default 3
  --rounds N            default 3
  --daemon COMMAND      default: this tree's own; {policy}, {port} and {dns} are filled in
  --no-daemon           floor and protocol only
`;

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    quick: { type: 'boolean', default: false },
    connections: { type: 'string', default: '1,16,100' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    daemon: { type: 'string' },
    'no-daemon': { type: 'boolean', default: false },
  },
});

const seconds = Number(options.seconds ?? (options.quick ? 0.3 : 3));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const warmupSeconds = options.quick ? 0.2 : 1;

interface Sample extends LoadResult {
  /** CPU of the server in µs a request. */
  readonly cpuUs: number;
}

function script(name: string): string {
  return join(import.meta.dirname, name);
}

function daemonCommand(policy: string, dns: string): (port: number) => readonly string[] {
  return (port) => {
    const template =
      options.daemon ??
      `${process.execPath} ${script('../src/main.ts')} serve --policy {policy} --listen 127.0.0.1:{port} ` +
        '--dns {dns} --admin off --data memory';
    const values: Readonly<Record<string, string>> = { policy, dns, port: String(port) };
    return template
      .split(' ')
      .map((word) => word.replace(/\{(policy|port|dns)\}/, (_, name) => values[name] ?? ''));
  };
}

async function load(server: ServerProcess, connections: number): Promise<Sample> {
  const args = [server.port, connections, seconds, warmupSeconds].map(String);
  const cpuBefore = server.cpuSeconds();
  const { stdout } = await promisify(execFile)(process.execPath, [script('load.ts'), ...args]);
  const result = JSON.parse(stdout) as LoadResult;
  expectDunno(server.name, result.answer);
  // The warm-up costs CPU as well, in proportion.
  const requests = (result.requests * (seconds + warmupSeconds)) / seconds;
  return { ...result, cpuUs: ((server.cpuSeconds() - cpuBefore) / requests) * 1e6 };
}

async function throughput(servers: readonly ServerProcess[], connections: number): Promise<void> {
  const samples = servers.map((): Sample[] => []);
  const ratios = servers.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const of: Sample[] = [];
    for (const server of [...servers, ...servers.slice(0, 1)]) of.push(await load(server, connections));
    const rates = of.map(({ requests, seconds }) => requests / seconds);
    const floor = ((rates[0] ?? 0) + (rates.at(-1) ?? 0)) / 2;
    for (const [i] of servers.entries()) {
      const sample = of[i];
      if (sample !== undefined) samples[i]?.push(sample);
      ratios[i]?.push((rates[i] ?? 0) / floor);
    }
    const again = of.at(-1);
    if (again !== undefined) samples[0]?.push(again);
    ratios[0]?.push((rates.at(-1) ?? 0) / floor);
  }
  for (const [i, server] of servers.entries()) {
    const middle = (value: (sample: Sample) => number): number => median((samples[i] ?? []).map(value));
    console.log(
      [
        String(connections).padStart(5),
        server.name.padEnd(8),
        middle(({ requests, seconds }) => requests / seconds)
          .toFixed(0)
          .padStart(8),
        median(ratios[i] ?? [])
          .toFixed(2)
          .padStart(8),
        middle(({ p50Us }) => p50Us)
          .toFixed(0)
          .padStart(8),
        middle(({ p99Us }) => p99Us)
          .toFixed(0)
          .padStart(8),
        middle(({ cpuUs }) => cpuUs)
          .toFixed(1)
          .padStart(11),
        middle(({ clientCpuUs }) => clientCpuUs)
          .toFixed(1)
          .padStart(11),
      ].join(' '),
    );
  }
}

async function benchThroughput(directory: string): Promise<void> {
  const node = (name: string) => (port: number) => [process.execPath, script(name), String(port)];
  const servers = [
    await ServerProcess.start('floor', node('floor.ts')),
    await ServerProcess.start('protocol', node('protocol-only.ts')),
  ];
  try {
    if (!options['no-daemon']) {
      // A name server that nothing is asked of.
      const command = daemonCommand(writeTablePolicy(directory), '127.0.0.1:9');
      servers.push(await ServerProcess.start('daemon', command));
    }
    console.log(
      `Decisions without DNS: lists of 10,000 entries, nothing matches; median of ${rounds} rounds of ${seconds} s`,
    );
    console.log('conns server       req/s  x floor   p50 us   p99 us  CPU us/req  client CPU');
    for (const connections of options.connections.split(',').map(Number))
      await throughput(servers, connections);
  } finally {
    for (const server of servers) await server.stop();
  }
}

if (options.help) {
  console.log(HELP);
} else {
  const directory = mkdtempSync(join(tmpdir(), 'postward-bench-'));
  try {
    await benchThroughput(directory);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
