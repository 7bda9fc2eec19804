import { describe, expect, test } from 'vitest';
import {
  addressKeys,
  domainKeys,
  findFirst,
  findNameOrAddress,
  mailKeys,
  wholeKey,
} from '../../src/access/lookup-order.ts';
import { type LookupResult, type Table, TableFailure } from '../../src/tables/table.ts';

const EXTENSION = { delimiters: '+', doubleBounceSender: 'double-bounce', isOwnerRequestSpecial: true };

class MapTable implements Table {
  readonly spec = 'test:map';
  readonly isPattern: boolean;
  readonly asked: string[] = [];
  readonly #entries: Readonly<Record<string, LookupResult>>;
  readonly #isAsynchronous: boolean;

  constructor(entries: Readonly<Record<string, LookupResult>>, isPattern = false, isAsynchronous = false) {
    this.#entries = entries;
    this.isPattern = isPattern;
    this.#isAsynchronous = isAsynchronous;
  }

  lookup(key: string): LookupResult | Promise<LookupResult> {
    this.asked.push(key);
    const result = this.#entries[key];
    return this.#isAsynchronous ? Promise.resolve(result) : result;
  }
}

describe('search strings', () => {
  test.each([
    ['a.b.c', true, ['a.b.c', 'b.c', 'c']],
    ['a.b.c', false, ['a.b.c', '.b.c', '.c']],
    ['localhost', true, ['localhost']],
    ['x.test.', true, ['x.test.', 'test.', '']],
    ['x.test.', false, ['x.test.', '.test.', '.']],
    ['192.0.2.1', true, ['192.0.2.1']],
    ['2001:db8::1', true, ['2001:db8::1']],
    ['[1.2]', true, ['[1.2]', '2]']],
    ['.a.b', true, ['.a.b', 'b']],
    ['.a.b', false, ['.a.b', '.b']],
    ['a..b', true, ['a..b', '.b']],
    ['a..b', false, ['a..b', '..b', '.b']],
    ['', true, ['']],
  ])('domain %s, parents match %s', (name, isParentMatching, keys) => {
    expect(domainKeys(name, isParentMatching)).toEqual({ keys, fullCount: 1 });
  });

  test.each([
    ['192.0.2.1', ['192.0.2.1', '192.0.2', '192.0', '192']],
    ['2001:db8::1', ['2001:db8::1', '2001:db8:', '2001:db8', '2001']],
    ['::1', ['::1', ':', '']],
    ['unknown', ['unknown']],
  ])('address %s', (address, keys) => {
    expect(addressKeys(address)).toEqual({ keys, fullCount: 1 });
  });

  test('a mail address with extension', () => {
    expect(mailKeys('user+ext@a.example', true, EXTENSION)).toEqual({
      keys: ['user+ext@a.example', 'user@a.example', 'a.example', 'example', 'user+ext@', 'user@'],
      fullCount: 1,
    });
    expect(mailKeys('user@a.example', false, EXTENSION)).toEqual({
      keys: ['user@a.example', 'a.example', '.example', 'user@'],
      fullCount: 1,
    });
  });

  test('a local part that needs quotes is tried quoted, then unquoted', () => {
    expect(mailKeys('a b+x@d', true, EXTENSION)).toEqual({
      keys: ['"a b+x"@d', 'a b+x@d', '"a b"@d', 'a b@d', 'd', '"a b+x"@', 'a b+x@', '"a b"@', 'a b@'],
      fullCount: 2,
    });
  });

  test('an address without domain has no search strings', () => {
    expect(mailKeys('user', true, EXTENSION).keys).toEqual([]);
  });
});

describe('findFirst', () => {
  test('the first search string found decides, and no more are tried', () => {
    const table = new MapTable({ 'b.c': 'DUNNO', c: 'REJECT' });
    expect(findFirst(table, domainKeys('a.b.c', true))).toEqual({ key: 'b.c', value: 'DUNNO' });
    expect(table.asked).toEqual(['a.b.c', 'b.c']);
  });

  test('tables of patterns see full search strings only', () => {
    const table = new MapTable({ c: 'REJECT', 'a b@d': 'OK' }, true);
    expect(findFirst(table, domainKeys('a.b.c', true))).toBeUndefined();
    expect(findFirst(table, mailKeys('a b@d', true, EXTENSION))).toEqual({ key: 'a b@d', value: 'OK' });
    expect(table.asked).toEqual(['a.b.c', '"a b"@d', 'a b@d']);
  });

  test('empty search strings are never asked', () => {
    const table = new MapTable({ '': 'REJECT' });
    expect(findFirst(table, addressKeys('::1'))).toBeUndefined();
    expect(findFirst(table, wholeKey(''))).toBeUndefined();
    expect(table.asked).toEqual(['::1', ':']);
  });

  test('a failure ends the search; an empty result is one', () => {
    const failure = new TableFailure('down');
    const table = new MapTable({ 'b.c': failure, c: 'REJECT' });
    expect(findFirst(table, domainKeys('a.b.c', true))).toBe(failure);
    expect(table.asked).toEqual(['a.b.c', 'b.c']);
    expect(findFirst(new MapTable({ c: '' }), domainKeys('b.c', true))).toBeInstanceOf(TableFailure);
  });

  test('a table that answers later gives the same result, later', async () => {
    const entries = { '192.0': 'REJECT' };
    const plain: string[] = [];
    const later: string[] = [];
    const name = domainKeys('mail.example', true);
    const address = addressKeys('192.0.2.1');
    const found = findNameOrAddress(new MapTable(entries), name, address, (key) => plain.push(key));
    const promise = findNameOrAddress(new MapTable(entries, false, true), name, address, (key) =>
      later.push(key),
    );
    expect(promise).toBeInstanceOf(Promise);
    expect(found).toEqual({ key: '192.0', value: 'REJECT' });
    expect(await promise).toEqual(found);
    expect(later).toEqual(plain);
    expect(plain).toEqual(['mail.example', 'example', '192.0.2.1', '192.0.2', '192.0']);
  });

  test('a name wins over an address', async () => {
    const entries = { example: 'OK', '192.0.2.1': 'REJECT' };
    for (const isAsynchronous of [false, true]) {
      const table = new MapTable(entries, false, isAsynchronous);
      const found = findNameOrAddress(table, domainKeys('mail.example', true), addressKeys('192.0.2.1'));
      expect(await found).toEqual({ key: 'example', value: 'OK' });
    }
  });
});
