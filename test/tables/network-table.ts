/**
 * What every table that is asked of a server promises, whatever the server
 * speaks: Postfix's answers, and a decided end of everything that can go wrong
 * on the way. Run by a suite for each kind of server, against a real one.
 */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Table } from '../../src/tables/table.ts';
import { TableFailure } from '../../src/tables/table.ts';
import type { LookupLimits } from '../../src/tables/table-set.ts';
import { OTHER_ADDRESS } from '../support/certificates.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';
import type { PrivateServer } from '../support/private-server.ts';
import { Relay } from '../support/relay.ts';
import { type RequirementName, requirement } from '../support/requirements.ts';
import { bothFind, HASTY, MapDirectory } from './map-directory.ts';

/** Where and as whom a map file asks. */
export interface Place {
  /** Of 127.0.0.1, unless it says otherwise; asked in any order. */
  readonly servers: readonly { readonly address?: string; readonly port: number }[];
  readonly password?: string;
  /** Encrypted; checked if an authority is named. */
  readonly tls?: { readonly authority?: string };
}

/** Who may ask. */
export const PASSWORD = 's3 cret';

export interface NetworkTableSubject {
  readonly type: string;
  readonly needs: RequirementName;
  readonly start: () => Promise<PrivateServer>;
  /** Lines of a map file: where to ask, and as whom. */
  readonly login: (place: Place) => string;
  /** Lines of a map file that finds the aliases of SAMPLE_TABLES. */
  readonly aliases: string;
  /** What to look up, and in what map files, as Postfix does. */
  readonly comparisons: readonly { readonly maps: readonly string[]; readonly keys: readonly string[] }[];
  /** What the server says to a wrong password. */
  readonly refusal: string;
  /** A map file whose answer for `slow@example.test` takes long, if the server can do such a thing. */
  readonly slow?: string;
}

/** How long a server may take to be there again, on a machine that has much to do. */
const RECOVERY = { timeout: 60_000 };

const failing = (text: string | RegExp): TableFailure =>
  new TableFailure(typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text));

/** @param more further tests of this kind of server, which get what they need */
export function describeNetworkTable(
  subject: NetworkTableSubject,
  more: (bench: NetworkTableBench) => void = () => {},
): void {
  const { type } = subject;
  const bench = new NetworkTableBench(subject);

  describe.skipIf(!requirement(subject.needs).isMet)(`${type}: tables`, () => {
    beforeAll(async () => await bench.start());
    afterAll(async () => await bench.stop());
    beforeEach(() => bench.begin());
    afterEach(() => bench.end());

    for (const { maps, keys } of subject.comparisons) {
      it.each(maps)('answer as Postfix: %s', async (text) => {
        await bench.expectAsPostfix(text, keys);
      });
    }

    it('fold the case of search strings, and keep answers for their time', async () => {
      const table = bench.openWith({ ttlMs: 60_000 }, subject.aliases);
      const [first, second] = [table.lookup('root@example.test'), table.lookup('Root@Example.TEST')];
      expect(second).toBe(first);
      expect(await first).toBe('alice@example.test');
      await bench.server.kill();
      try {
        expect(table.lookup('ROOT@example.test')).toBe('alice@example.test');
      } finally {
        await bench.server.restart();
      }
    });

    it('ask another server when one is not there', async () => {
      const table = bench.openAt({ servers: [{ port: 1 }, { port: bench.server.port }] });
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      expect(bench.maps.diagnostics).toEqual([]);
    });

    it('fail with a wrong password, and tell nobody what it was', async () => {
      const place = { servers: [{ port: bench.server.port }], password: 'wr0ng' };
      const table = bench.openAt(place, `${subject.aliases}\npasword = wr0ng`);
      const answer = await table.lookup('root@example.test');
      expect(answer).toEqual(failing(subject.refusal));
      const shown = bench.maps.diagnostics.map(({ message, help, span }) => [
        message,
        help,
        span?.source.text,
      ]);
      expect(shown.length).toBeGreaterThan(0);
      expect(JSON.stringify([answer, shown])).not.toContain('wr0ng');
    });

    it('fail while the server is stopped, at once after the first time, and work again afterwards', async () => {
      const slow = bench.openWith(HASTY, subject.aliases);
      const quick = bench.openWith({ ...HASTY, firstRetryMs: 600_000, maxRetryMs: 600_000 }, subject.aliases);
      expect(await slow.lookup('root@example.test')).toBe('alice@example.test');
      await bench.server.pause();
      try {
        const asked = await Promise.all(['a@x', 'b@x', 'c@x'].map((key) => quick.lookup(key)));
        for (const answer of asked) expect(answer).toBeInstanceOf(TableFailure);
        expect(await quick.lookup('d@x')).toEqual(failing('not asked again for a while'));
        expect(await slow.lookup('info@example.test')).toEqual(failing('no answer within 1 s'));
      } finally {
        await bench.server.resume();
      }
      await recovers(slow);
    });

    it('fail while the server is dead, and work again when it is back', async () => {
      const table = bench.open(subject.aliases);
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      await bench.server.kill();
      expect(await table.lookup('info@example.test')).toBeInstanceOf(TableFailure);
      await bench.server.restart();
      await recovers(table);
    });

    it('lose nothing when the server was restarted between two lookups', async () => {
      const table = bench.open(subject.aliases);
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      await bench.server.kill();
      await bench.server.restart();
      expect(await table.lookup('info@example.test')).toBe('alice@example.test,bob@example.test');
    });

    it('do not wait for a slow network', async () => {
      const relay = await bench.relay();
      const table = bench.openWith(HASTY, subject.aliases, { servers: [{ port: relay.port }] });
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      relay.hold();
      expect(await table.lookup('info@example.test')).toEqual(failing('no answer within 1 s'));
      expect(await table.lookup('plain')).toBeInstanceOf(TableFailure);
      relay.release();
      await recovers(table);
    });

    it('fail when the connection ends in the middle of an answer', async () => {
      const relay = await bench.relay();
      const table = bench.openAt({ servers: [{ port: relay.port }] });
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      relay.cutAfter(9);
      expect(await table.lookup('info@example.test')).toBeInstanceOf(TableFailure);
      relay.cutAfter(Number.POSITIVE_INFINITY);
      await recovers(table);
    });

    it('defer mail while the server is dead, and neither accept nor reject it', async () => {
      const spec = bench.write({ servers: [{ port: bench.server.port }] }, subject.aliases);
      const policy = compilePolicyText(
        `virtual_alias_domains = example.test\nvirtual_alias_maps = ${spec}\nmydestination = localhost\nsmtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n`,
      );
      expect(policy.errors).toEqual([]);
      const reply = async (recipient: string): Promise<string> =>
        await policy.reply({ request: { recipient } });
      expect(await reply('root@example.test')).not.toMatch(/^[45]/);
      await bench.server.kill();
      try {
        expect(await reply('info@example.test')).toMatch(/^451 4\.3\.0 /);
      } finally {
        await bench.server.restart();
      }
    });

    it('are encrypted, and look at the certificate, as the map file says', async () => {
      const { port, directory } = bench.server;
      const [authority, other] = [join(directory, 'ca.pem'), join(directory, 'other-ca.pem')];
      const relay = await bench.relay();
      const plain = bench.openAt({ servers: [{ port: relay.port }] });
      const find = async (table: Table): Promise<unknown> => await table.lookup('root@example.test');
      expect(await find(bench.openAt({ servers: [{ port: relay.port }], tls: {} }))).toBe(
        'alice@example.test',
      );
      expect(await find(bench.openAt({ servers: [{ port: relay.port }], tls: { authority } }))).toBe(
        'alice@example.test',
      );
      expect(relay.sent).not.toContain('root@example.test');
      expect(relay.sent.length).toBeGreaterThan(100);
      expect(await find(bench.openAt({ servers: [{ port }], tls: { authority: other } }))).toEqual(
        failing(/certificate|signature/),
      );
      const misnamed = { servers: [{ address: OTHER_ADDRESS, port }], tls: { authority } };
      expect(await find(bench.openAt(misnamed))).toEqual(failing('does not match'));
      expect(await find(plain)).toBe('alice@example.test');
      expect(bench.maps.diagnostics).toEqual([]);
    });

    const { slow } = subject;
    if (slow !== undefined) {
      it('do not wait for a slow query', async () => {
        const table = bench.openWith(HASTY, slow);
        expect(await table.lookup('slow@example.test')).toEqual(failing('no answer within 1 s'));
        await vi.waitFor(async () => expect(await table.lookup('quick@example.test')).toBe('fast'), RECOVERY);
      });
    }

    more(bench);
  });
}

async function recovers(table: Table): Promise<void> {
  await vi.waitFor(
    async () => expect(await table.lookup('root@example.test')).toBe('alice@example.test'),
    RECOVERY,
  );
}

/** A real server, and tables that ask it. */
export class NetworkTableBench {
  readonly #subject: NetworkTableSubject;
  #server: PrivateServer | undefined;
  #maps: MapDirectory | undefined;
  #count = 0;

  constructor(subject: NetworkTableSubject) {
    this.#subject = subject;
  }

  get server(): PrivateServer {
    if (this.#server === undefined) throw new Error('it does not run');
    return this.#server;
  }

  get maps(): MapDirectory {
    if (this.#maps === undefined) throw new Error('no test runs');
    return this.#maps;
  }

  async start(): Promise<void> {
    this.#server = await this.#subject.start();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  begin(): void {
    this.#maps = new MapDirectory();
  }

  end(): void {
    this.#maps?.close();
  }

  /** The server's own place, and a map. */
  open(text: string): Table {
    return this.openAt({ servers: [{ port: this.server.port }] }, text);
  }

  openAt(place: Place, text: string = this.#subject.aliases): Table {
    return this.maps.open(this.#subject.type, `map${this.#count++}.cf`, this.#text(place, text));
  }

  /** A table with other limits than usual. */
  openWith(limits: Partial<LookupLimits>, text: string, place?: Place): Table {
    const own = new MapDirectory(limits);
    onTestFinished(() => own.close());
    const { port } = this.server;
    return own.open(this.#subject.type, 'map.cf', this.#text(place ?? { servers: [{ port }] }, text));
  }

  /** `type:name` of a map file. */
  write(place: Place, text: string): string {
    return `${this.#subject.type}:${this.maps.write(`map${this.#count++}.cf`, this.#text(place, text))}`;
  }

  async relay(): Promise<Relay> {
    const relay = await Relay.to(this.server.port);
    onTestFinished(async () => await relay.close());
    return relay;
  }

  async expectAsPostfix(text: string, keys: readonly string[]): Promise<void> {
    const { ours, postfix } = await bothFind(this.open(text), keys);
    const byKey = (found: readonly unknown[]): object =>
      Object.fromEntries(keys.map((key, at) => [key, found[at]]));
    expect(byKey(ours)).toEqual(byKey(postfix));
  }

  #text(place: Place, text: string): string {
    return `${this.#subject.login(place)}${text}\n`;
  }
}
