import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { Source } from '../../src/language/source.ts';
import { SourcedText } from '../../src/language/sourced-text.ts';
import { tokenize } from '../../src/language/tokenizer.ts';
import { isNetworkSyntaxError, parseIpNetwork } from '../../src/net/ip-network.ts';
import { NetworkIndexBuilder } from '../../src/net/network-index-builder.ts';
import type { TableReload } from '../../src/tables/file-table.ts';
import {
  compileDomainList,
  compileNetworkList,
  compileStringList,
  type MatchResult,
} from '../../src/tables/match-list.ts';
import { TableFailure } from '../../src/tables/table.ts';
import { TableSet } from '../../src/tables/table-set.ts';

let directory: string;
let tables: TableSet;
let diagnostics: Diagnostic[];
let reloads: TableReload[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'postward-lists-'));
  diagnostics = [];
  reloads = [];
  tables = new TableSet({ onReload: (reload) => reloads.push(reload) });
});

afterEach(() => {
  tables.close();
  rmSync(directory, { recursive: true });
});

function context(isParentMatching: boolean) {
  return {
    parameter: 'mynetworks',
    isParentMatching,
    tables,
    report: (each: Diagnostic) => diagnostics.push(each),
  };
}

function networks(value: string, isParentMatching = true) {
  const tokens = tokenize(SourcedText.of(new Source('main.cf', value)), () => {});
  return compileNetworkList(tokens, context(isParentMatching));
}

function domains(value: string, isParentMatching = true) {
  const tokens = tokenize(SourcedText.of(new Source('main.cf', value)), () => {});
  return compileDomainList(tokens, context(isParentMatching));
}

function short(result: unknown): unknown {
  return result instanceof TableFailure ? 'failure' : result;
}

describe('a list of networks', () => {
  test.each([
    ['127.0.0.0/8 192.168.0.0/24', '192.168.0.100', true],
    ['127.0.0.0/8 192.168.0.0/24', '192.168.1.100', false],
    ['!192.168.0.7, 192.168.0.0/24', '192.168.0.7', false],
    ['!192.168.0.7, 192.168.0.0/24', '192.168.0.8', true],
    ['192.168.0.0/24, !192.168.0.7', '192.168.0.7', true],
    ['!!192.168.0.0/24', '192.168.0.7', true],
    ['[::1] [2001:db8::]/32', '2001:db8:1::1', true],
    ['[::1] [2001:db8::/32]', '2001:db8:1::1', true],
    ['[::1]', '::1', true],
    ['[2001:DB8::1]', '2001:db8::1', true],
    ['[192.0.2.1]', '192.0.2.1', true],
    ['[::1]', '127.0.0.1', false],
    ['192.168', '192.168.0.1', false],
    ['cidr:/nonexistent', '192.168.0.1', 'failure'],
    ['127.0.0.1 cidr:/nonexistent', '127.0.0.1', true],
    ['2001:db8::/32 127.0.0.1', '127.0.0.1', 'failure'],
    ['127.0.0.1 2001:db8::/32', '127.0.0.1', true],
    ['192.168.0.1/24 10.0.0.0/8', '10.0.0.1', 'failure'],
    ['192.168.0.1/24 10.0.0.0/8', '::1', false],
    ['10.0.0.0/8 192.168.0.1/24', '10.0.0.1', true],
    ['[2001:db8::1]/32 10.0.0.0/8', '10.0.0.1', true],
    ['[2001:db8::1]/32 10.0.0.0/8', '::1', 'failure'],
    ['static:yes', 'unknown', true],
    ['10.0.0.0/8 # !static:x', '9.9.9.9', false],
    ['inline:{192.168.0.1=x}', '192.168.0.1', true],
    ['inline:{192.168=x}', '192.168.0.1', false],
    ['! 10.0.0.0/8', '10.0.0.1', 'failure'],
  ])('`%s` on %s', (value, address, expected) => {
    expect(short(networks(value).matches('unknown', address))).toBe(expected);
  });

  test('host names and their domains', () => {
    expect(networks('example.com').matches('mail.EXAMPLE.com', '192.0.2.1')).toBe(true);
    expect(networks('.example.com').matches('mail.example.com', '192.0.2.1')).toBe(false);
    expect(networks('.example.com', false).matches('mail.example.com', '192.0.2.1')).toBe(true);
    expect(networks('.example.com', false).matches('example.com', '192.0.2.1')).toBe(false);
    expect(networks('inline:{example.com=x}').matches('mail.example.com', '192.0.2.1')).toBe(true);
    expect(networks('inline:{.example.com=x}').matches('mail.example.com', '192.0.2.1')).toBe(false);
    expect(networks('inline:{.example.com=x}', false).matches('mail.example.com', '192.0.2.1')).toBe(true);
    expect(networks('!mail.example.com example.com').matches('mail.example.com', '192.0.2.1')).toBe(false);
  });

  test('mistakes are told with their cure', () => {
    networks('192.168.0.1/24 2001:db8::/32 192.168 /nonexistent/file');
    expect(diagnostics).toMatchObject([
      { severity: 'error', code: 'table-unknown-type', help: expect.stringContaining('[2001:db8::]/32') },
      { severity: 'error', code: 'table-unreadable' },
      { severity: 'error', code: 'network-syntax', help: expect.stringContaining('192.168.0.0/24') },
      { severity: 'warning', code: 'network-never-matches', help: expect.stringContaining('192.168.0.0/16') },
    ]);
  });

  test('a table that answers later', async () => {
    const list = networks('!10.0.0.1 hash:/nonexistent');
    expect(list.matches('unknown', '10.0.0.1')).toBe(false);
    vi.spyOn(tables, 'open').mockReturnValue({
      spec: 'sql:x',
      isPattern: false,
      lookup: (key) => Promise.resolve(key === 'example.com' ? 'x' : undefined),
    });
    const slow = networks('!sql:x 10.0.0.0/8');
    const found = slow.matches('mail.example.com', '10.0.0.1');
    expect(found).toBeInstanceOf(Promise);
    expect(await found).toBe(false);
    expect(await slow.matches('other.test', '10.0.0.1')).toBe(true);
  });
});

describe('a list of domains', () => {
  test.each([
    ['example.com', 'example.com', true],
    ['example.com', 'EXAMPLE.COM', true],
    ['example.com', 'sub.example.com', true],
    ['example.com', 'badexample.com', false],
    ['!sub.example.com example.com', 'a.sub.example.com', false],
    ['example.com !sub.example.com', 'a.sub.example.com', true],
    ['regexp:/nonexistent', 'x', 'failure'],
    ['', 'x', false],
  ])('`%s` on %s', (value, domain, expected) => {
    expect(short(domains(value).matches(domain))).toBe(expected);
  });
});

describe('files', () => {
  test('stand for what they hold, with `!` and with other files', () => {
    const inner = join(directory, 'inner');
    writeFileSync(inner, '10.1.0.0/16, !10.2.0.0/16\n# 10.3.0.0/16\n10.4.0.0/16 # 10.5.0.0/16\n');
    writeFileSync(join(directory, 'outer'), `${inner}\n10.6.0.0/16`);
    const list = networks(`!${join(directory, 'outer')} 10.0.0.0/8`);
    const answers = [1, 2, 3, 4, 5, 6].map((octet) => list.matches('unknown', `10.${octet}.0.1`));
    expect(answers).toEqual([false, true, true, false, true, false]);
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'comment-in-list' }]);
  });

  test('are read again when they change, and not when they break', async () => {
    const file = join(directory, 'list');
    writeFileSync(file, '10.0.0.0/8\n');
    const list = networks(file);
    writeFileSync(file, '11.0.0.0/8\n');
    await vi.waitFor(() => expect(list.matches('unknown', '11.0.0.1')).toBe(true), { timeout: 5000 });
    writeFileSync(file, '12.0.0.1/8\n');
    await vi.waitFor(() => expect(reloads).toHaveLength(2), { timeout: 5000 });
    expect(reloads[1]).toMatchObject({ spec: 'mynetworks', file, isInForce: false });
    expect(list.matches('unknown', '11.0.0.1')).toBe(true);
  });

  test('that include themselves end', () => {
    const file = join(directory, 'loop');
    writeFileSync(file, `10.0.0.0/8 ${file}\n`);
    const list = networks(file);
    expect(list.matches('unknown', '10.0.0.1')).toBe(true);
    expect(short(list.matches('unknown', '11.0.0.1'))).toBe('failure');
    expect(diagnostics).toMatchObject([{ code: 'list-too-deep' }]);
  });
});

/** Postfix's way, one entry after the other (match_ops.c), for lists without tables. */
function walk(
  items: readonly string[],
  name: string,
  address: string,
  isParentMatching: boolean,
): MatchResult {
  for (const item of items) {
    const pattern = item.replace(/^!/, '').toLowerCase();
    const isMatch = !item.startsWith('!');
    if (name === pattern) return isMatch;
    if (
      isParentMatching
        ? name.endsWith(`.${pattern}`)
        : pattern.startsWith('.') && name.endsWith(pattern) && name !== pattern
    ) {
      return isMatch;
    }
    if (!/^[0-9a-f.:]*$/.test(address)) continue;
    if (address === pattern || `[${address}]` === pattern) return isMatch;
    if (address.includes(':') !== pattern.includes(':') || !/[:/]/.test(pattern)) continue;
    if (!/^[0-9a-f.:[\]/]*$/.test(pattern)) continue;
    const network = parseIpNetwork(pattern);
    if (isNetworkSyntaxError(network)) return new TableFailure('broken');
    const builder = new NetworkIndexBuilder();
    builder.add(network, false, 0);
    if (builder.build().findText(address) === 0) return isMatch;
  }
  return false;
}

test('an indexed list decides as one that is walked', () => {
  const item = fc
    .tuple(
      fc.constantFrom('', '', '!'),
      fc.constantFrom(
        '10.0.0.0/8',
        '10.1.0.0/16',
        '10.1.2.3',
        '[10.1.2.3]',
        '10.1.2.3/8',
        '[::1]',
        '[2001:db8::]/32',
        '[2001:db8::1]/32',
        'example.com',
        '.example.com',
        'mail.example.com',
        'COM',
        '10.1',
        'abc/8',
        '[10.0.0.0]/8',
        '3',
      ),
    )
    .map((parts) => parts.join(''));
  let failures = 0;
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 10 }),
      fc.constantFrom(
        'unknown',
        'example.com',
        'mail.example.com',
        'x.mail.example.com',
        '10.1.2.3',
        'x.10.1.2.3',
        '.example.com',
        'a..com',
        '',
      ),
      fc.constantFrom('10.1.2.3', '10.9.9.9', '192.0.2.1', '::1', '2001:db8::5', 'unknown'),
      fc.boolean(),
      (items, name, address, isParentMatching) => {
        const expected = short(walk(items, name, address, isParentMatching));
        if (expected === 'failure') failures++;
        expect(short(networks(items.join(' '), isParentMatching).matches(name, address))).toBe(expected);
      },
    ),
    { numRuns: 2000 },
  );
  expect(failures).toBeGreaterThan(50);
});

describe('compileStringList', () => {
  test('compares entries whole: no subdomains, however they are written', () => {
    const tokens = ['dest.test', '.dotted.test', 'inline:{ {table.test = x} }'].map((text) => ({
      text,
      span: new Source('main.cf', text).span(0, text.length),
    }));
    const list = compileStringList(tokens, context(true));
    expect(list.matches('dest.test')).toBe(true);
    expect(list.matches('table.test')).toBe(true);
    for (const name of ['a.dest.test', 'a.dotted.test', 'a.table.test']) {
      expect(list.matches(name)).toBe(false);
    }
  });
});
