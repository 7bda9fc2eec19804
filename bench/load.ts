/**
 * The load generator, a process of its own: `load.ts PORT CONNECTIONS SECONDS
 * WARMUP_SECONDS`. A closed loop: each connection behaves as one smtpd, with
 * one request under way. Prints one line of JSON, a LoadResult.
 */
import { connect, type Socket } from 'node:net';
import { benchRequest } from './requests.ts';

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU that the generator itself used, in µs a request. */
  readonly clientCpuUs: number;
  /** The first answer, so that somebody may look whether it is the expected one. */
  readonly answer: string;
}

const DISTINCT_REQUESTS = 10_000;
const MAX_SAMPLES = 4_000_000;

function generate(port: number, connections: number, seconds: number, warmupSeconds: number): void {
  const requests = Array.from({ length: DISTINCT_REQUESTS }, (_, i) => Buffer.from(benchRequest(i)));
  const samplesMs = new Float64Array(MAX_SAMPLES);
  const sockets: Socket[] = [];
  let next = 0;
  let done = 0;
  let answer = '';
  let startedMs = 0;
  let cpu = process.cpuUsage();

  const open = (): void => {
    let sentMs = 0;
    const ask = (): void => {
      const request = requests[next++ % DISTINCT_REQUESTS] ?? Buffer.alloc(0);
      sentMs = performance.now();
      socket.write(request);
    };
    const receive = (length: number, bytes: Uint8Array): boolean => {
      // Answers are short and come whole or end later.
      if (bytes[length - 1] !== 10 || (length > 1 && bytes[length - 2] !== 10)) return true;
      samplesMs[done++ % MAX_SAMPLES] = performance.now() - sentMs;
      if (answer === '') answer = Buffer.from(bytes.subarray(0, length)).toString();
      ask();
      return true;
    };
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      // Fewer allocations than 'data' events: the generator has to be the faster side.
      onread: { buffer: new Uint8Array(4096), callback: receive },
    });
    socket.on('connect', ask);
    socket.on('error', fail);
    socket.on('end', () => fail(new Error('the server closed a connection')));
    sockets.push(socket);
  };
  for (let i = 0; i < connections; i++) open();

  setTimeout(() => {
    done = 0;
    startedMs = performance.now();
    cpu = process.cpuUsage();
  }, warmupSeconds * 1000);

  setTimeout(
    () => {
      const elapsed = (performance.now() - startedMs) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      for (const socket of sockets) socket.destroy();
      const sorted = samplesMs.subarray(0, Math.min(done, MAX_SAMPLES)).sort();
      const quantileUs = (q: number): number =>
        1000 * (sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN);
      const result: LoadResult = {
        requests: done,
        seconds: elapsed,
        p50Us: quantileUs(0.5),
        p99Us: quantileUs(0.99),
        clientCpuUs: (user + system) / done,
        answer,
      };
      console.log(JSON.stringify(result));
    },
    (warmupSeconds + seconds) * 1000,
  );
}

function fail(error: Error): void {
  console.error(`load: ${error.message}`);
  process.exit(1);
}

const [port = 0, connections = 1, seconds = 1, warmupSeconds = 0] = process.argv.slice(2).map(Number);
generate(port, connections, seconds, warmupSeconds);
