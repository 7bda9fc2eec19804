/** socketmap: and tcp: tables, and Postfix as the other client of the same server. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TableFailure } from '../../src/tables/table.ts';
import {
  type Answerer,
  LineServer,
  lines,
  netstrings,
  type RequestSplitter,
} from '../support/line-server.ts';
import { bothFind, FAILURE, HASTY, MapDirectory } from './map-directory.ts';
import { hasPostmap } from './postmap.ts';

let maps: MapDirectory;
const servers: LineServer[] = [];

beforeEach(() => {
  maps = new MapDirectory();
});

afterEach(async () => {
  maps.close();
  for (const server of servers.splice(0)) await server.close();
});

async function serve(
  split: RequestSplitter,
  answer: Answerer,
  place: number | string = 0,
): Promise<LineServer> {
  const server = new LineServer(split, answer);
  servers.push(server);
  await server.listen(place);
  return server;
}

const open = (spec: string) =>
  maps.tables.open(spec, undefined, (diagnostic) => maps.diagnostics.push(diagnostic));
const netstring = (text: string) => `${text.length}:${text},`;
const failing = (text: string) => new TableFailure(expect.stringContaining(text));

/** Says what the key asks it to say, `<0>` for a zero byte. */
const echoing: Answerer = (request) => netstring(request.replace(/^\S+ /, '').replaceAll('<0>', '\0'));

describe('a socketmap: table', () => {
  it('asks by the name of the map, with the search string as it is, over one connection', async () => {
    const server = await serve(netstrings, () => netstring('OK found'));
    const table = open(`socketmap:inet:127.0.0.1:${server.port}:users`);
    expect(table.isPattern).toBe(true);
    expect(await table.lookup('User@Example.TEST')).toBe('found');
    expect(await table.lookup('jörg')).toBe('found');
    expect(server.requests).toEqual(['users User@Example.TEST', 'users jÃ¶rg']);
    expect(server.accepted).toBe(1);
  });

  it('shares its connections with other maps of the same server, and takes UNIX-domain sockets', async () => {
    const path = join(maps.path, 'socket');
    const server = await serve(netstrings, (request) => netstring(`OK ${request}`), path);
    expect(await open(`socketmap:unix:${path}:one`).lookup('x')).toBe('one x');
    expect(await open(`socketmap:unix:${path}:two`).lookup('x')).toBe('two x');
    expect(server.accepted).toBe(1);
  });

  it.skipIf(!hasPostmap)('understands answers as Postfix does', async () => {
    const server = await serve(netstrings, echoing);
    const keys = [
      'OK a value',
      'OK   blanks ',
      'NOTFOUND',
      'NOTFOUND really',
      'OK',
      'TEMP busy',
      'TIMEOUT',
      'PERM no such map',
      'ok lower case',
      'nonsense',
      'OKAY then',
      'OK zero<0>byte',
      'OK<0>x',
      'NOTFOUND<0>x',
    ];
    const { ours, postfix } = await bothFind(open(`socketmap:inet:127.0.0.1:${server.port}:map`), keys);
    expect(ours).toEqual(postfix);
    expect(ours[0]).toBe('a value');
  });

  it.each([
    ['no netstring', 'OK x'],
    ['larger than 100000 bytes', '100001:'],
    ['no netstring', '4:OK x;'],
    ['no netstring', ':OK x,'],
  ])('fails on what is %s', async (reason, said) => {
    const server = await serve(netstrings, () => said);
    expect(await open(`socketmap:inet:127.0.0.1:${server.port}:map`).lookup('x')).toEqual(failing(reason));
  });

  it('takes an answer in pieces, and never one for that of another request', async () => {
    const server = await serve(netstrings, (request, socket) => {
      if (request.endsWith('late')) return undefined;
      socket.write('10:OK');
      setTimeout(
        () => socket.write(` in bits,${request.endsWith('more') ? netstring('OK surplus') : ''}`),
        20,
      );
      return undefined;
    });
    const table = open(`socketmap:inet:127.0.0.1:${server.port}:map`);
    expect(await table.lookup('plain')).toBe('in bits');
    expect(await table.lookup('more')).toBe('in bits');
    expect(await table.lookup('after')).toBe('in bits');
    const own = new MapDirectory(HASTY);
    onTestFinished(() => own.close());
    const hasty = own.tables.open(table.spec, undefined, () => {});
    expect(await hasty.lookup('late')).toEqual(failing('no answer within 1 s'));
    await vi.waitFor(async () => expect(await hasty.lookup('again')).toBe('in bits'));
  });

  it('notices nothing when the server was restarted, and fails while it is away', async () => {
    const server = await serve(netstrings, () => netstring('OK first'));
    const { port } = server;
    const table = open(`socketmap:inet:127.0.0.1:${port}:map`);
    expect(await table.lookup('a')).toBe('first');
    await server.close();
    const second = await serve(netstrings, () => netstring('OK second'), port);
    expect(await table.lookup('b')).toBe('second');
    await second.close();
    expect(await table.lookup('c')).toEqual(failing('ECONNREFUSED'));
    await serve(netstrings, () => netstring('OK third'), port);
    await vi.waitFor(async () => expect(await table.lookup('d')).toBe('third'));
  });

  it('asks no more at a time than it may, and lets nobody wait who would be one too many', async () => {
    const own = new MapDirectory({ maxConnections: 2, maxWaiting: 3 });
    let asked = 0;
    const server = await serve(netstrings, (request, socket) => {
      asked++;
      setTimeout(() => socket.write(netstring(`OK ${request}`)), 50);
      return undefined;
    });
    try {
      const table = own.tables.open(`socketmap:inet:127.0.0.1:${server.port}:map`, undefined, () => {});
      const answers = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => table.lookup(key)));
      expect(answers.slice(0, 5)).toEqual(['map a', 'map b', 'map c', 'map d', 'map e']);
      expect(answers.slice(5)).toEqual([failing('too many queries'), failing('too many queries')]);
      expect([asked, server.accepted]).toEqual([5, 2]);
    } finally {
      own.close();
    }
  });
});

describe('a tcp: table', () => {
  const echoingLine: Answerer = (request) => `${decodeURIComponent(request.slice('get '.length))}\n`;

  it.skipIf(!hasPostmap)('asks and understands answers as Postfix does', async () => {
    const server = await serve(lines, echoingLine);
    const keys = [
      '200 value',
      '200 a%20b%C3%A9',
      '200 a%09b',
      '200 a%00b',
      '200 %00b',
      '500 %00b',
      '500 not here',
      '400 busy',
      '250 other',
      '200 ',
      '200 100%25',
      "200 O'Neill <x>",
    ];
    const table = open(`tcp:127.0.0.1:${server.port}`);
    const { ours, postfix } = await bothFind(table, keys);
    expect(ours).toEqual(postfix);
    expect(ours.slice(0, 2)).toEqual(['value', 'a bé']);
    const half = server.requests.length / 2;
    expect(new Set(server.requests.slice(0, half))).toEqual(new Set(server.requests.slice(half)));
  });

  it.each([
    ['malformed', '200'],
    ['malformed', '200 %zz'],
    ['malformed', 'hello there'],
    ['unknown code 300', '300 x'],
    ['larger than 4096 bytes', 'x'.repeat(5000)],
  ])('fails on an answer that is %s', async (reason, said) => {
    const server = await serve(lines, () => (said.length > 4096 ? said : `${said}\n`));
    expect(await open(`tcp:127.0.0.1:${server.port}`).lookup('x')).toEqual(failing(reason));
  });

  it.skipIf(!hasPostmap)('takes lines as long as Postfix does', async () => {
    const server = await serve(lines, (request) => `200 ${'x'.repeat(Number(request.slice(4)))}\n`);
    const { ours, postfix } = await bothFind(open(`tcp:127.0.0.1:${server.port}`), ['4091', '4092']);
    expect(ours).toEqual(postfix);
    expect(ours).toEqual(['x'.repeat(4091), FAILURE]);
  });

  it('keeps its connection', async () => {
    const server = await serve(lines, () => '200 yes\n');
    const table = open(`tcp:127.0.0.1:${server.port}`);
    expect([await table.lookup('a'), await table.lookup('b'), server.accepted]).toEqual(['yes', 'yes', 1]);
  });
});

it.each([
  'socketmap:inet:127.0.0.1:25',
  'socketmap:127.0.0.1:25:x',
  'socketmap:inet:127.0.0.1:25:',
  'socketmap:x',
  'tcp:127.0.0.1',
  'tcp:host:port:x',
])('%s is refused', (spec) => {
  expect(open(spec).lookup('x')).toBeInstanceOf(TableFailure);
  expect(maps.diagnostics).toMatchObject([{ severity: 'error', code: 'table-syntax' }]);
});
