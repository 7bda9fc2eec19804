import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { EventStream, type EventStreamOptions } from '../../src/admin/event-stream.ts';

/** A stream, and the client that reads it, which has not begun to. */
async function open(options: Partial<EventStreamOptions> = {}) {
  const closed = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<EventStream>();
  const server = createServer((_request, response) => {
    opened.resolve(
      new EventStream(response, {
        headers: {},
        isAllowed: () => true,
        onClose: () => closed.resolve(),
        ...options,
      }),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    get({ host: '127.0.0.1', port, agent: false }, done).on('error', fail);
  });
  return { stream: await opened.promise, answer, closed: closed.promise };
}

test('a client that reads slowly loses the oldest, and is told how many', async () => {
  const { stream, answer } = await open();
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const data = JSON.stringify('x'.repeat(10_000));
  const count = 20_000;
  for (let number = 0; number < count; number += 1) {
    stream.send({ event: 'decision', id: String(number), data });
    if (number % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // 200 MB were sent; a thousand of them wait.
  expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(
    100_000_000,
  );
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  while (!text.includes(`id: ${count - 1}\n`)) await sleep(10);
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  const dropped = [...text.matchAll(/^event: dropped\ndata: \{"count":(\d+)\}$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
  expect(dropped).toBeGreaterThan(0);
  expect(ids.length + dropped).toBe(count);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  stream.close();
});

test('what was missed is asked for as the client reads, all of it comes, and then what is new', async () => {
  const { stream, answer } = await open();
  const data = JSON.stringify('x'.repeat(10_000));
  const count = 5000;
  let asked = 0;
  const event = (number: number) => ({ event: 'decision', id: String(number), data });
  stream.catchUp(
    () => {
      asked += 1;
      if (asked > count) return undefined;
      return asked % 2 === 0 ? 'nothing' : event(asked);
    },
    () => stream.send(event(count + 1)),
  );
  // Nobody reads: what the sockets of this machine take is all that has left.
  await sleep(200);
  expect(asked).toBeLessThan(count / 2);
  const before = asked;
  await sleep(50);
  expect(asked).toBe(before);
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  while (!text.includes(`id: ${count + 1}\n`)) await sleep(10);
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(ids).toEqual([...Array.from({ length: count / 2 }, (_, i) => 2 * i + 1), count + 1]);
  expect(text).not.toContain('event: dropped');
  stream.close();
});

test('ends for a client that may not listen any more', async () => {
  let isAllowed = true;
  const { answer, closed } = await open({ isAllowed: () => isAllowed, heartbeatMs: 10 });
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  while (text.length < 10) await sleep(5);
  expect(text).toMatch(/^(?::\n\n)+$/);
  isAllowed = false;
  await closed;
});
