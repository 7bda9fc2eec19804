/** What the DNS figures are taken in: nine lists of a fixture DNS server, a policy that asks them, daemons, clients. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type FixtureDns, startFixtureDns } from '../../test/support/fixture-dns.ts';
import { expectDunno } from '../expect-dunno.ts';
import { DNSBL_ZONES, writeDnsblPolicy } from '../policies.ts';
import { benchRequest } from '../requests.ts';
import { ServerProcess } from '../server-process.ts';

export const LIST_DELAY_MS = 50;

/** Nine lists that list nobody but what shows that they work (RFC 5782 §5), each answer late by so much. */
export function listZone(delayMs: number): string {
  return DNSBL_ZONES.map(
    (name) =>
      `${name} 3600 SOA ns.${name} host.${name} 1 3600 600 86400 3600\n` +
      `@dnsbl ${name} 127.0.0.2 127.0.0.2\n*.${name} !DELAY ${delayMs}\n`,
  ).join('');
}

export interface World {
  readonly dns: FixtureDns;
  readonly directory: string;
  readonly policy: string;
}

/** @param address with port 53 where Postfix is to ask it too; undefined: any port of 127.0.0.1 */
export async function startWorld(directory: string, address: string | undefined): Promise<World> {
  const zone = listZone(LIST_DELAY_MS);
  const dns = await startFixtureDns(address === undefined ? { zone } : { zone, address, port: 53 });
  return { dns, directory, policy: writeDnsblPolicy(directory) };
}

/** @param redisPort of a Redis on this machine that shares the answers; undefined: none */
export function startDaemon({ dns, directory, policy }: World, redisPort?: number): Promise<ServerProcess> {
  const config = join(directory, `redis-${redisPort ?? 'none'}.yaml`);
  const redis = redisPort === undefined ? '' : `redis:\n  url: redis://127.0.0.1:${redisPort}\n`;
  writeFileSync(config, `log:\n  decisions: objections\n${redis}`);
  return ServerProcess.start('daemon', (port) => [
    process.execPath,
    join(import.meta.dirname, '../../src/main.ts'),
    ...['serve', '--config', config, '--policy', policy, '--listen', `127.0.0.1:${port}`],
    ...['--dns', `${dns.address}:${dns.port}`, '--admin', 'off', '--data', 'memory'],
  ]);
}

/** A connection as an smtpd has one. */
export class PolicyLink {
  readonly #socket: Socket;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open({ port }: ServerProcess): Promise<PolicyLink> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new PolicyLink(socket);
  }

  /** Asks about a client, when the one before has been answered; returns after how many milliseconds there was an answer. */
  ask(client: number): Promise<number> {
    const startedMs = performance.now();
    const asked = this.#last.then(async () => {
      this.#socket.write(benchRequest(client));
      const [answer] = await once(this.#socket, 'data');
      expectDunno('the daemon', String(answer));
      return performance.now() - startedMs;
    });
    this.#last = asked;
    return asked;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Questions about clients, without those that show whether a list works. */
export function clientQueries({ queries }: FixtureDns): readonly string[] {
  return queries.map(({ name }) => name).filter((name) => name.includes('.18.198.'));
}

export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** A line of a table: a name and numbers in columns. */
export function row(name: string, ...cells: readonly (number | string)[]): string {
  const text = (cell: number | string): string => (typeof cell === 'number' ? cell.toFixed(1) : cell);
  return `${name.padEnd(44)}${cells.map((cell) => text(cell).padStart(10)).join('')}`;
}
