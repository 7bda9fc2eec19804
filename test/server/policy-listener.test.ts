import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SocketAddress } from '../../src/net/socket-address.ts';
import { answer, echo, request, startServer } from './policy-client.ts';

/** A promise and its end, and how often `ask` was called. */
function gate() {
  const asked: string[] = [];
  const open: ((action: string) => void)[] = [];
  return {
    asked,
    decide: ({ instance }: { readonly instance: string }) =>
      new Promise<string>((resolve) => {
        asked.push(instance);
        open.push(resolve);
      }),
    /** Answers the oldest request that waits, once there is one. */
    async open(action: string): Promise<void> {
      while (open.length === 0) await immediate();
      open.shift()?.(action);
    },
  };
}

describe('a policy connection', () => {
  it('answers one request after another', async () => {
    const { client, events } = await startServer();
    const peer = await client();
    for (let i = 0; i < 3; i++) {
      peer.send(request(i));
      expect(await peer.answers(i + 1)).toMatch(new RegExp(`${answer(i)}$`));
    }
    peer.socket.end();
    await peer.untilClosed();
    await events.seen('closed peer 3');
  });

  it('answers requests that come byte by byte', async () => {
    const { client } = await startServer();
    const peer = await client();
    for (const byte of Buffer.from(request('é') + request('b'))) {
      peer.send(Buffer.of(byte));
      await immediate();
    }
    expect(await peer.answers(2)).toBe(answer('é') + answer('b'));
  });

  it('answers pipelined requests in order, whatever takes long', async () => {
    let running = 0;
    let most = 0;
    const { client } = await startServer({
      decide: async (asked) => {
        most = Math.max(most, ++running);
        // Every other one waits, the later the shorter.
        for (let i = 20; i > Number(asked.instance); i -= 2) await immediate();
        running -= 1;
        return echo(asked);
      },
    });
    const peer = await client();
    const instances = Array.from({ length: 20 }, (_, i) => i);
    peer.send(instances.map((i) => request(i)).join(''));
    expect(await peer.answers(20)).toBe(instances.map(answer).join(''));
    expect(most).toBe(1);
  });

  it('answers plain and promised decisions in order', async () => {
    const { client } = await startServer({
      decide: (asked) =>
        Number(asked.instance) % 3 === 0 ? immediate().then(() => echo(asked)) : echo(asked),
    });
    const peer = await client();
    const instances = Array.from({ length: 50 }, (_, i) => i);
    peer.send(instances.map((i) => request(i)).join(''));
    expect(await peer.answers(50)).toBe(instances.map(answer).join(''));
  });

  it('answers who sends, shuts down and then reads', async () => {
    const slow = gate();
    const { client, events } = await startServer({ decide: slow.decide });
    const peer = await client();
    peer.socket.end(request('a'));
    // Postfix shuts down only when it has given up, so that is told.
    await events.seen('abandoned');
    await slow.open('DUNNO');
    expect(await peer.untilClosed()).toBe('action=DUNNO\n\n');
    await events.seen('closed peer 1');
  });

  it('survives decisions that throw and reject', async () => {
    const { client, events } = await startServer({
      decide: ({ instance }) => {
        if (instance === 'throws') throw new Error('thrown');
        if (instance === 'rejects') return Promise.reject(new Error('rejected'));
        return 'OK';
      },
      failAction: '451 4.3.5 try later',
    });
    const peer = await client();
    peer.send(request('throws') + request('rejects') + request('fine'));
    const failed = 'action=451 4.3.5 try later\n\n';
    expect(await peer.answers(3)).toBe(`${failed}${failed}action=OK\n\n`);
    expect(events.log).toEqual(['opened', 'failed throws', 'failed rejects']);
    expect(events.errors).toEqual([new Error('thrown'), new Error('rejected')]);
  });

  it('answers the fail action at the deadline and drops the late answer', async () => {
    const slow = gate();
    const { client, events } = await startServer({
      decide: slow.decide,
      limits: { decisionDeadlineMs: 50 },
      failAction: 'DEFER_IF_PERMIT 4.3.5 late',
    });
    const peer = await client();
    peer.send(request('slow'));
    expect(await peer.answers(1)).toBe('action=DEFER_IF_PERMIT 4.3.5 late\n\n');
    expect(events.log).toEqual(['opened', 'timed out slow']);
    await slow.open('OK');
    peer.send(request('next'));
    await slow.open('DUNNO');
    expect(await peer.answers(2)).toBe('action=DEFER_IF_PERMIT 4.3.5 late\n\naction=DUNNO\n\n');
  });

  it('is closed at the first protocol error, after what was asked before is answered', async () => {
    const { client, events } = await startServer();
    const peer = await client();
    peer.send(`${request('a')}GET / HTTP/1.1\r\n\r\n${request('b')}`);
    expect(await peer.untilClosed()).toBe(answer('a'));
    await events.seen('closed protocol_error 1');
    expect(events.log).toEqual(['opened', 'protocol error malformed_line', 'closed protocol_error 1']);
  });

  it('is closed when half a request is followed by nothing', async () => {
    const { client, events } = await startServer({ limits: { stallTimeoutMs: 50 } });
    const idle = await client();
    const peer = await client();
    peer.send(request('a').slice(0, 40));
    expect(await peer.untilClosed()).toBe('');
    await events.seen('closed stalled 0');
    // Without a request there is nothing to stall.
    idle.send(request('b'));
    expect(await idle.answers(1)).toBe(answer('b'));
  });

  it('is closed when the rest of a request drips', async () => {
    const { client, events } = await startServer({ limits: { stallTimeoutMs: 50 } });
    const peer = await client();
    const drip = setInterval(() => peer.send('x'), 5);
    onTestFinished(() => clearInterval(drip));
    expect(await peer.untilClosed()).toBe('');
    await events.seen('closed stalled 0');
  });

  it('is closed when nothing is asked for long', async () => {
    const { client, events } = await startServer({ limits: { idleTimeoutMs: 50 } });
    const peer = await client();
    peer.send(request('a'));
    expect(await peer.untilClosed()).toBe(answer('a'));
    await events.seen('closed idle 1');
  });

  it('notices a peer that breaks off within a request', async () => {
    const { client, events } = await startServer();
    const peer = await client();
    peer.socket.end('request=smtpd_access_policy\n');
    await peer.untilClosed();
    await events.seen('closed truncated 0');
  });

  it('survives a reset while a decision is pending', async () => {
    const slow = gate();
    const { client, events } = await startServer({ decide: slow.decide });
    const broken = await client();
    broken.send(request('lost'));
    while (slow.asked.length === 0) await immediate();
    broken.socket.resetAndDestroy();
    await events.seen('closed reset 1');
    await slow.open('OK');
    const peer = await client();
    peer.send(request('kept'));
    await slow.open('DUNNO');
    expect(await peer.answers(1)).toBe('action=DUNNO\n\n');
  });
});

describe('bounds', () => {
  it('reads a little of an endless line and no more', async () => {
    const { client, events } = await startServer();
    const peer = await client();
    // A gigabyte, if it were taken.
    const taken = await peer.flood(Buffer.alloc(1 << 20, 'x'), 1024);
    await events.seen('closed protocol_error 0');
    expect(events.log).toContain('protocol error line_too_long');
    expect(taken).toBeLessThan(64);
  });

  it('reads a little of an endless request and no more', async () => {
    const { client, events } = await startServer();
    const peer = await client();
    const taken = await peer.flood(Buffer.from('name=value\n'.repeat(100_000)), 1000);
    await events.seen('closed protocol_error 0');
    expect(events.log).toContain('protocol error request_too_large');
    expect(taken).toBeLessThan(64);
  });

  it('stops reading ahead while a decision is pending', async () => {
    const slow = gate();
    const { client } = await startServer({ decide: slow.decide });
    const peer = await client();
    const requests = Buffer.from(request('x').repeat(10_000));
    let sent = 0;
    // Until the buffers of kernel and server are full; never, if the server read on.
    for (; sent < 200; sent++) {
      if (peer.socket.write(requests)) continue;
      const isFull = await Promise.race([
        once(peer.socket, 'drain').then(() => false),
        new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
      ]);
      if (isFull) break;
    }
    expect(sent).toBeLessThan(100);
    expect(slow.asked).toEqual(['x']);
    // It goes on where it stood.
    await slow.open('DUNNO');
    await slow.open('OK');
    expect(await peer.answers(2)).toBe('action=DUNNO\n\naction=OK\n\n');
  });

  it('answers all of what it did not read ahead', async () => {
    const count = 20_000;
    const { client } = await startServer({ decide: async (asked) => echo(asked) });
    const peer = await client();
    peer.send(Array.from({ length: count }, (_, i) => request(i)).join(''));
    expect(await peer.answers(count)).toBe(Array.from({ length: count }, (_, i) => answer(i)).join(''));
  });

  it('closes on a peer that never reads its answers', async () => {
    let decided = 0;
    const { client, events } = await startServer({
      decide: () => {
        decided += 1;
        return `WARN ${'x'.repeat(500)}`;
      },
      limits: { stallTimeoutMs: 100 },
    });
    const peer = await client();
    peer.socket.pause();
    const requests = Buffer.from(request('x').repeat(1000));
    const flood = peer.flood(requests, 1000);
    expect(await events.closed()).toBe(`closed not_reading ${decided}`);
    await flood;
    // 500 MB of answers, had they been collected.
    expect(decided).toBeLessThan(100_000);
  });

  it('goes on when a slow reader has caught up', async () => {
    const count = 20_000;
    const { client } = await startServer({ decide: () => `WARN ${'x'.repeat(500)}` });
    const peer = await client();
    peer.socket.pause();
    peer.send(request('x').repeat(count));
    await immediate();
    peer.socket.resume();
    expect(await peer.answers(count)).toHaveLength(count * (500 + 'action=WARN \n\n'.length));
  });

  it('refuses connections above the limit and takes new ones below it', async () => {
    const { client, events, listener } = await startServer({ limits: { maxConnections: 2 } });
    const first = await client();
    const second = await client();
    await events.seen('opened', 2);
    const third = await client();
    expect(await third.untilClosed()).toBe('');
    expect(events.log).toEqual(['opened', 'opened', 'refused 2']);
    second.send(request('b'));
    expect(await second.answers(1)).toBe(answer('b'));
    first.socket.destroy();
    await events.seen('closed peer 0');
    const fourth = await client();
    fourth.send(request('d'));
    expect(await fourth.answers(1)).toBe(answer('d'));
    expect(listener.connectionCount).toBe(2);
  });

  it('serves many connections at once', async () => {
    const { client, events } = await startServer();
    const peers = await Promise.all(Array.from({ length: 200 }, client));
    for (const [i, peer] of peers.entries()) peer.send(request(i));
    const received = await Promise.all(peers.map((peer) => peer.answers(1)));
    expect(received).toEqual(peers.map((_, i) => answer(i)));
    for (const peer of peers) peer.socket.end();
    await events.seen('closed peer 1', 200);
  });
});

describe('closing', () => {
  it('closes idle connections at once, busy ones when they are answered', async () => {
    const slow = gate();
    const { client, events, listener } = await startServer({ decide: slow.decide });
    const idle = await client();
    const busy = await client();
    const halfway = await client();
    busy.send(request('a') + request('b'));
    halfway.send(request('c').slice(0, 30));
    while (slow.asked.length === 0) await immediate();
    await events.seen('opened', 3);
    await immediate();

    const closed = listener.close(60_000);
    expect(await idle.untilClosed()).toBe('');
    await expect(client()).rejects.toThrow(/ECONNREFUSED/);
    await slow.open('WARN a');
    await slow.open('WARN b');
    expect(await busy.untilClosed()).toBe(answer('a') + answer('b'));
    halfway.send(request('c').slice(30, 50));
    for (let i = 0; i < 50; i++) await immediate();
    halfway.send(request('c').slice(50));
    await slow.open('WARN c');
    expect(await halfway.untilClosed()).toBe(answer('c'));
    await closed;
    expect(listener.connectionCount).toBe(0);
    expect(events.log.slice(3)).toEqual(['closed shutdown 0', 'closed shutdown 2', 'closed shutdown 1']);
  });

  it('breaks off at the deadline', async () => {
    const slow = gate();
    const { client, events, listener } = await startServer({ decide: slow.decide });
    const peer = await client();
    peer.send(request('a'));
    while (slow.asked.length === 0) await immediate();
    await listener.close(20);
    expect(await peer.untilClosed()).toBe('');
    expect(events.log).toEqual(['opened', 'closed shutdown 1']);
  });
});

describe('addresses', () => {
  function directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'policy-socket-'));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  }

  function unix(path: string, mode = 0o666): SocketAddress {
    return { kind: 'unix', path, mode };
  }

  it('listens on IPv6', async () => {
    const { client } = await startServer({ address: { kind: 'tcp', host: '::1', port: 0 } });
    const peer = await client();
    peer.send(request(6));
    expect(await peer.answers(1)).toBe(answer(6));
  });

  it('listens on a UNIX-domain socket with the permissions asked for, and removes it', async () => {
    const path = join(directory(), 'policy');
    const { client, listener } = await startServer({ address: unix(path, 0o660) });
    const peer = await client();
    peer.send(request('unix'));
    expect(await peer.answers(1)).toBe(answer('unix'));
    expect(statSync(path).mode & 0o777).toBe(0o660);
    await listener.close(0);
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('lets every user connect by default', async () => {
    const path = join(directory(), 'policy');
    await startServer({ address: unix(path) });
    expect(statSync(path).mode & 0o777).toBe(0o666);
  });

  it('replaces a socket that a dead process left behind', async () => {
    const path = join(directory(), 'policy');
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', script, path]).signal).toBe('SIGKILL');
    expect(statSync(path).isSocket()).toBe(true);
    const { client } = await startServer({ address: unix(path) });
    const peer = await client();
    peer.send(request('new'));
    expect(await peer.answers(1)).toBe(answer('new'));
  });

  it('leaves a socket alone that somebody listens on', async () => {
    const path = join(directory(), 'policy');
    const { client } = await startServer({ address: unix(path) });
    await expect(startServer({ address: unix(path) })).rejects.toMatchObject({
      name: 'OperatorError',
      code: 'address-in-use',
      message: `cannot listen on \`unix:${path}\`: address in use`,
    });
    const peer = await client();
    peer.send(request('still'));
    expect(await peer.answers(1)).toBe(answer('still'));
  });

  it('leaves a file alone that is no socket', async () => {
    const path = join(directory(), 'policy');
    writeFileSync(path, 'precious');
    await expect(startServer({ address: unix(path) })).rejects.toMatchObject({ code: 'address-in-use' });
    expect(statSync(path).size).toBe(8);
  });

  it('says which port is in use, and what to do', async () => {
    const other = createServer();
    onTestFinished(() => {
      other.close();
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const { port } = other.address() as { port: number };
    await expect(startServer({ address: { kind: 'tcp', host: '127.0.0.1', port } })).rejects.toMatchObject({
      name: 'OperatorError',
      code: 'address-in-use',
      message: `cannot listen on \`127.0.0.1:${port}\`: address in use`,
      help: expect.stringContaining('choose another port'),
    });
  });

  it.each([
    ['address-not-available', { kind: 'tcp', host: '192.0.2.1', port: 0 }],
    ['socket-directory-missing', { kind: 'unix', path: '/nonexistent/policy', mode: 0o666 }],
    ['socket-directory-missing', { kind: 'unix', path: '/dev/null/policy', mode: 0o666 }],
  ] as const)('%s: %j', async (code, address) => {
    await expect(startServer({ address })).rejects.toMatchObject({ name: 'OperatorError', code });
  });
});
