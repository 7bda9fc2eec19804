/** A server that says what no Redis says: it costs the connection, not the process. */
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { until } from '../support/redis.ts';
import { optionsFor } from './redis-setting.ts';

test('a null that answers no command', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.on('data', (commands) => {
      const count = commands.toString('latin1').split(/^\*/m).length - 1;
      socket.write(`${':0\r\n'.repeat(count)}${connections === 1 ? '$-1\r\n' : ''}`);
    });
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const connection = new RedisConnection(optionsFor({ url: `redis://127.0.0.1:${port}` }), { name: 'test' });
  onTestFinished(() => connection.close());
  await connection.open();
  await until('another connection', () => connections > 1 && connection.isUp);
  expect(await connection.ask('EXISTS', ['a'])).toBe(0);
});
