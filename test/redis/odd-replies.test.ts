/** A server that says what no Redis says: it costs the connection, not the process. */
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { until } from '../support/redis.ts';
import { optionsFor } from './redis-setting.ts';

/** A connection to a server that answers each command with a number. @param surplus what it says beside, by the number of the connection */
async function connected(surplus: (connections: number) => string = () => '') {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.on('data', (commands) => {
      const count = commands.toString('latin1').split(/^\*/m).length - 1;
      socket.write(`${':0\r\n'.repeat(count)}${surplus(connections)}`);
    });
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const connection = new RedisConnection(optionsFor({ url: `redis://127.0.0.1:${port}` }), { name: 'test' });
  onTestFinished(() => connection.close());
  await connection.open();
  return { connection, connections: () => connections };
}

test('a null that answers no command', async () => {
  const { connection, connections } = await connected((count) => (count === 1 ? '$-1\r\n' : ''));
  await until('another connection', () => connections() > 1 && connection.isUp);
  expect(await connection.ask('EXISTS', ['a'])).toBe(0);
});

test('a number for a page of keys', async () => {
  const { connection } = await connected();
  await until('a connection', () => connection.isUp);
  const pages: unknown[] = [];
  for await (const page of connection.scan('*', 100, 1000)) pages.push(page);
  expect(pages).toEqual([[]]);
});
