import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServiceFailure } from '../../src/chain/policy-answer.ts';
import { PolicyService, type ServiceSettings } from '../../src/chain/policy-service.ts';
import type { ServiceEndpoint } from '../../src/net/service-endpoint.ts';
import {
  answering,
  type Behaviour,
  deadPort,
  inOrder,
  type PolicyServer,
  silent,
  startPolicyServer,
} from '../support/policy-server.ts';

/** Far beyond what any test waits for: who waits as long as this has failed. */
const NEVER_SECONDS = 10_000;

function serviceAt(
  server: PolicyServer | number | ServiceEndpoint,
  changes: Partial<ServiceSettings> = {},
): PolicyService {
  const inet = (port: number): ServiceEndpoint => ({ kind: 'inet', host: '127.0.0.1', port });
  const endpoint = typeof server === 'number' ? inet(server) : 'kind' in server ? server : inet(server.port);
  const service = new PolicyService({
    endpoint,
    timeoutSeconds: NEVER_SECONDS,
    maxIdleSeconds: NEVER_SECONDS,
    maxTtlSeconds: NEVER_SECONDS,
    requestLimit: 0,
    tryLimit: 1,
    retryDelaySeconds: NEVER_SECONDS,
    ...changes,
  });
  onTestFinished(() => service.close());
  return service;
}

const in_ = (seconds: number): number => performance.now() + seconds * 1000;
const LATER = () => in_(NEVER_SECONDS);

/** The action, or why there is none. */
async function ask(service: PolicyService, text = 'a=b\n\n', deadlineMs = LATER()): Promise<string> {
  const answer = await service.ask(text, deadlineMs);
  return answer instanceof ServiceFailure ? answer.reason : answer.action;
}

const closing: Behaviour = (connection) => connection.destroy();
const writing =
  (text: string): Behaviour =>
  (connection) =>
    connection.write(text);
const thenClosing =
  (text: string): Behaviour =>
  (connection) =>
    connection.end(text);

describe('PolicyService', () => {
  it('asks and gets the answer', async () => {
    const server = await startPolicyServer(answering('REJECT not today'));
    expect(await ask(serviceAt(server), 'sender=a\nrecipient=b\n\n')).toBe('REJECT not today');
    expect(server.requests).toEqual(['sender=a\nrecipient=b']);
  });

  it('asks at a UNIX-domain socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'policy-service-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'socket');
    await startPolicyServer(answering('DUNNO'), path);
    expect(await ask(serviceAt({ kind: 'unix', path }))).toBe('DUNNO');
  });

  it('reads an answer that comes in pieces', async () => {
    const server = await startPolicyServer((connection) => {
      const bytes = [...Buffer.from('x=y\naction=REJECT für dich\n\n')];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte === undefined) return;
        connection.write(Buffer.from([byte]));
        setImmediate(next);
      };
      next();
    });
    expect(await ask(serviceAt(server))).toBe('REJECT für dich');
  });

  describe('keeps its connection', () => {
    it('for the requests that follow', async () => {
      const server = await startPolicyServer(answering('DUNNO'));
      const service = serviceAt(server);
      for (let i = 0; i < 5; i++) expect(await ask(service)).toBe('DUNNO');
      expect(server.accepted).toBe(1);
    });

    it('with as many others as there are requests at a time', async () => {
      const held: Socket[] = [];
      const server = await startPolicyServer((connection) => held.push(connection));
      const service = serviceAt(server);
      const first = [1, 2, 3].map((i) => ask(service, `i=${i}\n\n`));
      await server.until(() => held.length === 3);
      for (const connection of held) connection.write('action=DUNNO\n\n');
      expect(await Promise.all(first)).toEqual(['DUNNO', 'DUNNO', 'DUNNO']);
      const second = ask(service);
      await server.until(() => held.length === 4);
      held[3]?.write('action=DUNNO\n\n');
      expect(await second).toBe('DUNNO');
      expect(server.accepted).toBe(3);
    });

    it('up to request_limit', async () => {
      const server = await startPolicyServer(answering('DUNNO'));
      const service = serviceAt(server, { requestLimit: 2 });
      for (let i = 0; i < 5; i++) expect(await ask(service)).toBe('DUNNO');
      expect(server.accepted).toBe(3);
    });

    it('up to max_idle', async () => {
      const server = await startPolicyServer(answering('DUNNO'));
      const service = serviceAt(server, { maxIdleSeconds: 0.02 });
      expect(await ask(service)).toBe('DUNNO');
      await server.until(({ openConnections }) => openConnections === 0);
      expect(await ask(service)).toBe('DUNNO');
      expect(server.accepted).toBe(2);
    });

    it('up to max_ttl', async () => {
      const server = await startPolicyServer(answering('DUNNO'));
      const service = serviceAt(server, { maxTtlSeconds: 0.02 });
      expect(await ask(service)).toBe('DUNNO');
      await server.until(({ openConnections }) => openConnections === 0);
    });

    it('not when more was said than asked', async () => {
      const server = await startPolicyServer(
        inOrder(writing('action=DUNNO\n\naction=REJECT of nobody\n\n'), answering('DUNNO')),
      );
      const service = serviceAt(server);
      expect(await ask(service)).toBe('DUNNO');
      expect(await ask(service)).toBe('DUNNO');
      expect(server.accepted).toBe(2);
    });

    it('not when something is said later, unasked', async () => {
      const server = await startPolicyServer((connection) => {
        connection.write('action=DUNNO\n\n');
        setTimeout(() => connection.write('action=REJECT of nobody\n\n'), 20);
      });
      const service = serviceAt(server);
      expect(await ask(service)).toBe('DUNNO');
      await server.until(({ openConnections }) => openConnections === 0);
      expect(await ask(service)).toBe('DUNNO');
    });

    it('and closes it in the end', async () => {
      const server = await startPolicyServer(answering('DUNNO'));
      const service = serviceAt(server);
      expect(await ask(service)).toBe('DUNNO');
      service.close();
      await server.until(({ openConnections }) => openConnections === 0);
      expect(await ask(service)).toBe('its policy is no longer in force');
    });
  });

  describe('loses no try', () => {
    it('when the server has closed the connection between requests', async () => {
      const server = await startPolicyServer(answering('DUNNO'));
      const service = serviceAt(server);
      for (let i = 0; i < 3; i++) {
        expect(await ask(service)).toBe('DUNNO');
        server.closeConnections();
      }
      expect(server.accepted).toBe(3);
    });

    it('when the server closes it while the next request is on its way', async () => {
      const server = await startPolicyServer(
        inOrder(answering('DUNNO'), closing, answering('REJECT second')),
      );
      const service = serviceAt(server);
      expect(await ask(service)).toBe('DUNNO');
      expect(await ask(service)).toBe('REJECT second');
      expect(server.requests).toHaveLength(3);
    });

    it('when the server closes after every answer', async () => {
      const server = await startPolicyServer(thenClosing('action=DUNNO\n\n'));
      const service = serviceAt(server);
      for (let i = 0; i < 5; i++) expect(await ask(service)).toBe('DUNNO');
    });
  });

  describe('tries again, as often as it may,', () => {
    const faults: readonly (readonly [string, Behaviour, RegExp])[] = [
      [
        'when the server closes without an answer',
        closing,
        /closed the connection without an answer|ECONNRESET/,
      ],
      ['when the answer has no action', writing('x=y\n\n'), /^it answered without an action$/],
      ['when there is only an empty line', writing('\n'), /^it answered without an action$/],
      ['when it is garbage', writing('HTTP/1.1 400 Bad Request\n\n'), /^it answered without an action$/],
      ['when action has no value', writing('action\n\n'), /^it answered `action` without a value$/],
      [
        'when it is cut short',
        thenClosing('action=REJECT\n'),
        /^it closed the connection within its answer$/,
      ],
      [
        'when it has no end',
        writing(`action=${'x'.repeat(70_000)}`),
        /^its answer is larger than 65536 bytes$/,
      ],
    ];
    it.each(faults)('%s', async (_what, fault, reason) => {
      const server = await startPolicyServer(inOrder(fault, fault, answering('DUNNO')));
      const twice = serviceAt(server, { tryLimit: 2, retryDelaySeconds: 0.001 });
      expect(await ask(twice)).toMatch(reason);
      expect(server.requests).toHaveLength(2);
      expect(await ask(twice)).toBe('DUNNO');

      const other = await startPolicyServer(inOrder(fault, fault, answering('DUNNO')));
      const thrice = serviceAt(other, { tryLimit: 3, retryDelaySeconds: 0.001 });
      expect(await ask(thrice)).toBe('DUNNO');
      expect(other.requests).toHaveLength(3);
    });

    it('when the server is silent', async () => {
      const server = await startPolicyServer(inOrder(silent, answering('DUNNO')));
      const service = serviceAt(server, { tryLimit: 2, timeoutSeconds: 0.5, retryDelaySeconds: 0.001 });
      expect(await ask(service)).toBe('DUNNO');
      expect(server.accepted).toBe(2);
    });

    it('when nobody listens', async () => {
      const port = await deadPort();
      const service = serviceAt(port, { tryLimit: 2, retryDelaySeconds: 0.001 });
      expect(await ask(service)).toContain('ECONNREFUSED');
    });
  });

  describe('gives up', () => {
    it('after the timeout', async () => {
      const server = await startPolicyServer(silent);
      expect(await ask(serviceAt(server, { timeoutSeconds: 0.1 }))).toBe('no answer within 0.1 s');
      await server.until(({ openConnections }) => openConnections === 0);
    });

    it('when an answer begins and does not end', async () => {
      const server = await startPolicyServer(writing('action=DUNNO\n'));
      expect(await ask(serviceAt(server, { timeoutSeconds: 0.1 }))).toBe('no whole answer within 0.1 s');
    });

    it('on lines that end in CRLF, which Postfix does not read either', async () => {
      const server = await startPolicyServer(writing('action=DUNNO\r\n\r\n'));
      const reason = await ask(serviceAt(server, { timeoutSeconds: 0.1 }));
      expect(reason).toBe('no answer within 0.1 s: its lines end in CRLF, so that Postfix sees no end');
    });

    it('at the deadline, however long the timeout is', async () => {
      const server = await startPolicyServer(silent);
      const service = serviceAt(server, { tryLimit: 100, retryDelaySeconds: 0.01 });
      expect(await ask(service, 'a=b\n\n', in_(0.1))).toMatch(/^no answer within 0\.\d s$/);
      expect(server.requests).toHaveLength(1);
    });

    it('instead of waiting for a try that would come too late', async () => {
      const server = await startPolicyServer(writing('x=y\n\n'));
      const service = serviceAt(server, { tryLimit: 2, retryDelaySeconds: 20 });
      expect(await ask(service, 'a=b\n\n', in_(10))).toBe('it answered without an action');
      expect(server.requests).toHaveLength(1);
    });
  });

  it('keeps no process alive with connections that rest', async () => {
    const server = await startPolicyServer(answering('DUNNO'));
    const module = new URL('../../src/chain/policy-service.ts', import.meta.url).href;
    const script = `
      import { PolicyService } from '${module}';
      const service = new PolicyService({
        endpoint: { kind: 'inet', host: '127.0.0.1', port: ${server.port} }, timeoutSeconds: 1000, maxIdleSeconds: 1000,
        maxTtlSeconds: 1000, requestLimit: 0, tryLimit: 1, retryDelaySeconds: 1,
      });
      console.log((await service.ask('a=b\\n\\n', performance.now() + 100_000)).action);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('DUNNO\n');
  });

  it('opens no more than a hundred connections, and serves everybody in turn', async () => {
    const held: (() => void)[] = [];
    let isHolding = true;
    const server = await startPolicyServer((connection) => {
      const reply = (): void => void connection.write('action=DUNNO\n\n');
      if (isHolding) held.push(reply);
      else reply();
    });
    const service = serviceAt(server);
    const asked = Array.from({ length: 150 }, (_, i) => ask(service, `i=${i}\n\n`));
    const late = ask(service, 'i=late\n\n', in_(0.05));
    await server.until(() => held.length === 100);
    expect(await late).toBe('100 other requests wait for it');
    isHolding = false;
    for (const reply of held) reply();
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['DUNNO']));
    expect(server.mostOpen).toBe(100);
    expect(server.requests).toHaveLength(150);
  });

  it('ends soon when the server asks us, and we it, in a circle', async () => {
    const services: PolicyService[] = [];
    const server = await startPolicyServer((connection, request) => {
      void ask(services[0] as PolicyService, `${request}\n\n`).then((answer) => {
        connection.write(`action=${answer}\n\n`);
      });
    });
    services.push(serviceAt(server));
    expect(await ask(services[0] as PolicyService)).toMatch(/in a circle$/);
    expect(server.requests).toHaveLength(8);
    expect(await ask(services[0] as PolicyService, 'other=1\n\n')).toMatch(/in a circle$/);
  });
});
