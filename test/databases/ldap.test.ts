/** A client of LDAP against servers that lie, say too much, or nothing. */
import { afterEach, describe, expect, it } from 'vitest';
import { berElement, berEnumerated, berInteger, berText, SEQUENCE } from '../../src/databases/ber.ts';
import { UNCHECKED_TLS } from '../../src/databases/client-tls.ts';
import { NoAnswer } from '../../src/databases/connection.ts';
import { connectLdap, type LdapLogin } from '../../src/databases/ldap.ts';
import { encodeFilter } from '../../src/databases/ldap-filter.ts';
import type { LdapSearch } from '../../src/databases/ldap-message.ts';
import { type Answerer, LineServer, type RequestSplitter } from '../support/line-server.ts';

const BIND = 0x60;
const EXTENDED = 0x77;

/** One LDAP message of less than 128 bytes, or of so many as its long length says. */
const messages: RequestSplitter = (received) => {
  const first = received.charCodeAt(1);
  if (received.length < 2) return undefined;
  const size = first < 0x80 ? 2 + first : 3 + received.charCodeAt(2);
  return received.length < size ? undefined : { request: received.slice(0, size), size };
};

/** The operation of a request, behind sequence, length and a message id of one byte. */
const operationOf = (request: string): number => request.charCodeAt(request.charCodeAt(1) < 0x80 ? 5 : 6);
const idOf = (request: string): number => request.charCodeAt(request.charCodeAt(1) < 0x80 ? 4 : 5);

const message = (id: number, ...parts: Buffer[]): Buffer => berElement(SEQUENCE, berInteger(id), ...parts);
const result = (tag: number, code: number, text = ''): Buffer =>
  berElement(tag, berEnumerated(code), berText(''), berText(text));
const entry = (name: string, ...values: Buffer[]): Buffer => {
  const attribute = berElement(
    SEQUENCE,
    berText(name),
    berElement(0x31, ...values.map((each) => berText(each))),
  );
  return berElement(0x64, berText('cn=x'), berElement(SEQUENCE, attribute));
};
const DONE = result(0x65, 0);

const SEARCH: LdapSearch = {
  base: 'dc=x',
  scope: 'sub',
  dereference: 0,
  sizeLimit: 0,
  filter: encodeFilter('(cn=x)') as Buffer,
  attributes: ['mail'],
};

const LOGIN: LdapLogin = {
  bind: { kind: 'none' },
  isStartingTls: false,
  tls: UNCHECKED_TLS,
  timeLimitSeconds: 0,
};

const servers: LineServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function connect(
  answer: (id: number, operation: number, ...rest: Parameters<Answerer>) => Buffer | undefined,
  login: Partial<LdapLogin> = {},
  timeoutMs = 10_000,
): Promise<Awaited<ReturnType<typeof connectLdap>>> {
  const server = new LineServer(messages, (request, socket) =>
    answer(idOf(request), operationOf(request), request, socket)?.toString('latin1'),
  );
  servers.push(server);
  await server.listen();
  const { port } = server;
  return await connectLdap(
    { kind: 'inet', host: '127.0.0.1', port, isTls: false, isLocal: false, label: 'it' },
    { ...LOGIN, ...login },
    timeoutMs,
  );
}

const ask = async (answer: (id: number) => Buffer): Promise<unknown> =>
  await (await connect(answer)).ask(SEARCH);

describe('an answer', () => {
  it('is read whatever the pieces it comes in', async () => {
    const values = Array.from({ length: 300 }, (_, at) => Buffer.from(`value ${at}`));
    const connection = await connect((id, _operation, _request, socket) => {
      const bytes = Buffer.concat([
        message(id, entry('mail', ...values)),
        message(id, entry('mail;lang-de', Buffer.from('zero\0byte'))),
        message(id, DONE),
      ]);
      // Each byte is a packet of its own.
      const send = (at: number): void => {
        if (at === bytes.length) return;
        socket.write(bytes.subarray(at, at + 1), () => setImmediate(send, at + 1));
      };
      send(0);
      return undefined;
    });
    expect(await connection.ask(SEARCH)).toEqual({
      entries: [[{ name: 'mail', values: values.map(String) }], [{ name: 'mail;lang-de', values: ['zero'] }]],
      hasReferences: false,
      isBaseMissing: false,
    });
    connection.close();
  });

  it('may say that other servers have more, or that there is no such base', async () => {
    const reference = berElement(0x73, berText('ldap://elsewhere'));
    expect(await ask((id) => Buffer.concat([message(id, reference), message(id, DONE)]))).toMatchObject({
      hasReferences: true,
      isBaseMissing: false,
    });
    expect(await ask((id) => message(id, result(0x65, 32)))).toMatchObject({ isBaseMissing: true });
  });

  it('is none when the server says why, which is told without its whole length', async () => {
    expect(await ask((id) => message(id, result(0x65, 4, `so many${' entries'.repeat(100)}`)))).toEqual(
      new NoAnswer(expect.stringMatching(/^sizeLimitExceeded: so many.{0,200}$/)),
    );
    expect(await ask((id) => message(id, result(0x65, 99)))).toEqual(new NoAnswer('code 99'));
  });

  it('is none when it is too large, and nothing more is read', async () => {
    const connection = await connect((id) => {
      const large = message(id, entry('mail', Buffer.alloc(1_000_000, 'x')));
      return Buffer.concat(Array.from({ length: 9 }, () => large));
    });
    expect(await connection.ask(SEARCH)).toEqual(new NoAnswer('the answer is larger than 8 MiB'));
    await expect(connection.ask(SEARCH)).rejects.toThrow('too large');
  });

  it.each([
    ['garbage', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a length of unknown length', () => Buffer.of(0x30, 0x80, 0, 0)],
    ['a length of more bytes than there can be', () => Buffer.of(0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1)],
    ['a length of four gigabytes', () => Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2)],
    ['no id', () => berElement(SEQUENCE, DONE)],
    ['an id of nine bytes', () => berElement(SEQUENCE, berElement(2, Buffer.alloc(9, 1)), DONE)],
    ['nothing but an id', (id: number) => message(id)],
    ['an operation for servers', (id: number) => message(id, berElement(BIND))],
    ['the result of something else', (id: number) => message(id, result(0x61, 0))],
    [
      'a list that is longer than what holds it',
      (id: number) => message(id, berElement(0x64, berText(''), Buffer.of(0x30, 0x64))),
    ],
    [
      'an attribute without values',
      (id: number) =>
        message(
          id,
          berElement(0x64, berText(''), berElement(SEQUENCE, berElement(SEQUENCE, berText('mail')))),
        ),
    ],
    ['a result without a text', (id: number) => message(id, berElement(0x65, berEnumerated(0)))],
    ['an answer to another question', (id: number) => message(id + 1, DONE)],
    ['a notice of disconnection', () => message(0, result(0x78, 52, 'good night'))],
    [
      'an answer, and one more',
      (id: number) => Buffer.concat([message(id, result(0x65, 52)), message(id, DONE)]),
    ],
  ])('that is %s ends the connection', async (_what, bytes) => {
    const connection = await connect(bytes);
    const first = await connection.ask(SEARCH).catch((error: unknown) => error);
    expect(first instanceof Error || first instanceof NoAnswer).toBe(true);
    await expect(connection.ask(SEARCH)).rejects.toThrow(/malformed|nobody asked/);
  });
});

describe('a connection', () => {
  it('is none when the server does not take the password, and says nothing of it', async () => {
    const bind = { kind: 'simple', dn: 'cn=me', password: 'hUsh' } as const;
    const error = await connect((id) => message(id, result(0x61, 49, 'go away')), { bind }).catch(String);
    expect(error).toBe('Error: bind: invalidCredentials: go away');
  });

  it('is none when the server says nothing', async () => {
    const bind = { kind: 'simple', dn: '', password: '' } as const;
    await expect(connect(() => undefined, { bind }, 300)).rejects.toThrow('no connection in time');
  });

  it('is none, and no password is sent, when the server does not start TLS', async () => {
    const bind = { kind: 'simple', dn: 'cn=me', password: 'hUsh' } as const;
    const connecting = connect((id) => message(id, result(0x78, 2)), { bind, isStartingTls: true });
    await expect(connecting).rejects.toThrow('STARTTLS: protocolError');
    expect(servers[0]?.requests.map(operationOf)).toEqual([EXTENDED]);
  });

  it('takes nothing that came before TLS for something that came with it', async () => {
    const connecting = connect(
      (id) => Buffer.concat([message(id, result(0x78, 0)), message(2, result(0x61, 0))]),
      {
        isStartingTls: true,
      },
    );
    await expect(connecting).rejects.toThrow('nobody asked');
    const half = connect((id) => Buffer.concat([message(id, result(0x78, 0)), Buffer.of(0x30)]), {
      isStartingTls: true,
    });
    await expect(half).rejects.toThrow('nobody asked');
  });
});
