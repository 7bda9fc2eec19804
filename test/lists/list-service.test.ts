import { describe, expect, it } from 'vitest';
import type { SearchRules } from '../../src/access/lookup-order.ts';
import type { ApplyResult, Edit } from '../../src/lists/edit.ts';
import type { Change } from '../../src/store/list-records.ts';
import { NO_STAMP } from '../../src/store/stamp.ts';
import type { TableContent } from '../../src/tables/table-content.ts';
import { applied, BY, close, dataDirectory, makeList, openTestLists, put, sound } from './memory-lists.ts';

function codes(result: ApplyResult): string {
  if (result.kind === 'refused')
    return result.problems.map(({ code, field }) => `${code} ${field}`).join(', ');
  return result.kind === 'applied' ? result.results.map(({ outcome }) => outcome).join(', ') : result.message;
}

function content(table: TableContent | { error: string }): TableContent {
  if ('error' in table) throw new Error(table.error);
  return table;
}

describe('a list', () => {
  it('that a policy names is there, empty, and filled while the policy uses it', async () => {
    const { lists } = await openTestLists();
    const table = content(lists.tables.open('reject_client'));
    expect(table.lookup('192.0.2.7')).toBeUndefined();
    const [result] = await applied(lists, put('reject_client', '192.0.2.0/24', 'REJECT spam run'));
    expect(result?.outcome).toBe('created');
    expect(table.lookup('192.0.2.7')).toBe('REJECT spam run');
    await applied(lists, { operation: 'remove', list: 'reject_client', key: '192.0.2.0/24' });
    expect(table.lookup('192.0.2.7')).toBeUndefined();
    expect(lists.list('reject_client')).toMatchObject({ kind: 'any', entries: 0, hits: 1, isInPolicy: true });
  });

  it('survives a restart, with its entries, their authors and their expiries', async () => {
    const directory = dataDirectory();
    const first = await openTestLists({ directory });
    const expires = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
    await applied(
      first.lists,
      { operation: 'describe', list: 'spam', fields: { kind: 'sender', description: 'who spams' } },
      put('spam', 'a@example.com', 'REJECT', { comment: 'twice', expires }),
      put('spam', 'example.net'),
    );
    const before = await first.lists.entry('spam', 'a@example.com');
    const info = first.lists.list('spam');
    await close(first);
    const second = await openTestLists({ directory });
    expect(await second.lists.entry('spam', 'a@example.com')).toEqual(before);
    expect(before).toMatchObject({ comment: 'twice', expires, createdBy: 'tester', changedBy: 'tester' });
    expect(second.lists.list('spam')).toEqual(info);
    expect(info).toMatchObject({ kind: 'sender', description: 'who spams', entries: 2 });
    expect(second.store.node).toBe(first.store.node);
    expect(content(second.lists.tables.open('spam')).lookup('a@example.com')).toBe('REJECT');
  });

  it('gives its version another value with every edit, and only then', async () => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('a'));
    const version = () => lists.list('a')?.version;
    const seen = [version()];
    await applied(lists, put('a', 'example.com'));
    seen.push(version());
    await applied(lists, put('a', 'example.com', 'OK'));
    seen.push(version());
    await applied(lists, put('a', 'example.com', 'OK'));
    expect(version()).toBe(seen.at(-1));
    await applied(lists, { operation: 'remove', list: 'a', key: 'example.com' });
    seen.push(version());
    expect(new Set(seen).size).toBe(4);
  });

  it('cannot be dropped while a policy names it; after that it takes its entries along', async () => {
    const { lists } = await openTestLists();
    const table = content(lists.tables.open('a'));
    await applied(lists, put('a', 'example.com'), put('a', '192.0.2.1'));
    const drop: Edit = { operation: 'drop', list: 'a' };
    expect(codes(await lists.apply([drop], BY))).toBe('in-use list');
    table.close?.();
    expect(codes(await lists.apply([drop], BY))).toBe('removed');
    expect(lists.list('a')).toBeUndefined();
    expect(codes(await lists.apply([put('a', 'example.com')], BY))).toBe('unknown-list list');
    await applied(lists, makeList('a'));
    expect(lists.list('a')).toMatchObject({ entries: 0 });
    expect(await lists.entry('a', 'example.com')).toBeUndefined();
  });

  it('that was dropped is back when a policy names it again', async () => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('a', 'client'), { operation: 'drop', list: 'a' });
    const table = content(lists.tables.open('a'));
    await applied(lists, put('a', 'example.com'));
    expect(table.lookup('example.com')).toBe('REJECT');
    expect(sound(await lists.registers('a', undefined, 10))[0]).toMatchObject({ isDeleted: false });
    expect(lists.list('a')?.createdBy).toBe('policy');
  });

  it('takes no key that would never match, and no kind that its entries do not fit', async () => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('senders', 'sender'), makeList('any'), put('any', '192.0.2.1'));
    expect(codes(await lists.apply([put('senders', '192.0.2.1')], BY))).toBe('invalid key');
    expect(codes(await lists.apply([makeList('any', 'sender')], BY))).toBe('invalid kind');
    await applied(lists, { operation: 'remove', list: 'any', key: '192.0.2.1' }, makeList('any', 'sender'));
    expect(lists.list('any')?.kind).toBe('sender');
  });
});

describe('an edit', () => {
  it('is all or nothing', async () => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('a'));
    const result = await lists.apply(
      [put('a', 'one.example'), put('a', '192.0.2.7/24'), put('a', 'two.example', 'REJCT'), put('b', 'x')],
      BY,
    );
    expect(codes(result)).toBe('invalid key, invalid action, unknown-list list');
    expect(result).toMatchObject({ problems: [{ index: 1 }, { index: 2 }, { index: 3 }] });
    const stale = { is: 'version', version: NO_STAMP } as const;
    const late = await lists.apply(
      [put('a', 'one.example'), { operation: 'remove', list: 'a', key: 'one.example', condition: stale }],
      BY,
    );
    expect(codes(late)).toBe('condition version');
    expect(lists.list('a')?.entries).toBe(0);
    expect(sound(await lists.search({}))).toMatchObject({ entries: [] });
  });

  it('may make a list and fill it at once', async () => {
    const { lists } = await openTestLists();
    expect(codes(await lists.apply([makeList('a', 'helo'), put('a', '[192.0.2.1]')], BY))).toBe(
      'created, created',
    );
  });

  it('is tried and not done with a dry run', async () => {
    const { lists, store } = await openTestLists();
    await applied(lists, makeList('a'), put('a', 'example.com'));
    const version = lists.list('a')?.version;
    const edits = [put('a', 'example.com', 'OK'), put('a', 'example.net'), put('a', 'example.com', 'OK')];
    const tried = await lists.apply(edits, { ...BY, isDryRun: true });
    expect(codes(tried)).toBe('changed, created, unchanged');
    expect(lists.list('a')).toMatchObject({ version, entries: 1 });
    expect(sound(await store.audit.query({ list: 'a' }))).toMatchObject({ records: { length: 2 } });
    expect(await lists.entry('a', 'example.com')).toMatchObject({ action: 'REJECT' });
  });

  it('holds to its condition', async () => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('a'));
    const key = 'example.com';
    const withCondition = (condition: NonNullable<Edit['condition']>) =>
      lists.apply([{ ...put('a', key, `REJECT ${condition.is}`), condition }], BY);
    expect(codes(await withCondition({ is: 'present' }))).toBe('condition version');
    expect(codes(await withCondition({ is: 'absent' }))).toBe('created');
    expect(codes(await withCondition({ is: 'absent' }))).toBe('condition version');
    const version = (await applied(lists, put('a', key, 'OK')))[0]?.after?.version ?? '';
    expect(codes(await withCondition({ is: 'version', version }))).toBe('changed');
    expect(codes(await withCondition({ is: 'version', version }))).toBe('condition version');
    expect(codes(await withCondition({ is: 'version', version: 'nonsense' }))).toBe('condition version');
  });

  it('changes only the fields that a patch gives', async () => {
    const { lists } = await openTestLists();
    const expires = Math.ceil(Date.now() / 1000) * 1000 + 60_000;
    await applied(lists, makeList('a'), put('a', 'example.com', 'REJECT', { comment: 'c', expires }));
    const patch = (fields: object) =>
      applied(lists, { operation: 'patch', list: 'a', key: 'Example.com', fields });
    expect((await patch({ action: 'OK' }))[0]?.after).toMatchObject({ action: 'OK', comment: 'c', expires });
    expect((await patch({ expires: null }))[0]?.after).toMatchObject({ action: 'OK', expires: null });
    expect((await patch({ comment: '' }))[0]?.after).toMatchObject({ comment: '' });
    expect((await patch({}))[0]?.outcome).toBe('unchanged');
    const missing = await lists.apply([{ operation: 'patch', list: 'a', key: 'x.y', fields: {} }], BY);
    expect(codes(missing)).toBe('unknown-entry key');
  });

  it('tells what was made of a key and an expiry', async () => {
    const { lists } = await openTestLists();
    const expires = Math.ceil(Date.now() / 1000) * 1000 + 60_500;
    const results = await applied(lists, makeList('a'), put('a', '2001:0db8::/32', 'OK', { expires }));
    expect(results[1]?.after).toMatchObject({ key: '2001:db8::/32', expires: expires + 500 });
    expect(results[1]?.notes).toHaveLength(2);
  });

  it.each([
    [{ expires: Date.now() - 1000 }, 'invalid expires'],
    [{ expires: Number.NaN }, 'invalid expires'],
    [{ expires: Date.UTC(2200, 0, 1) }, 'invalid expires'],
    [{ comment: 'x'.repeat(1001) }, 'invalid comment'],
    [{ comment: 'a\nb' }, 'invalid comment'],
  ])('with %j is refused: %s', async (fields, expected) => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('a'));
    expect(codes(await lists.apply([put('a', 'example.com', 'OK', fields)], BY))).toBe(expected);
  });

  it('is refused where there is no room', async () => {
    const { lists } = await openTestLists({ maxEntries: 2, maxLists: 2 });
    await applied(lists, makeList('a'), put('a', 'one.example'), put('a', 'two.example'));
    expect(codes(await lists.apply([put('a', 'three.example')], BY))).toBe('limit key');
    expect(codes(await lists.apply([makeList('b'), makeList('c')], BY))).toBe('limit list');
    const many = Array.from({ length: 10_001 }, (): Edit => ({ operation: 'remove', list: 'a', key: 'x.y' }));
    expect(codes(await lists.apply(many, BY))).toBe('limit key');
  });

  it('is told to whoever listens, when it is in force', async () => {
    const { lists } = await openTestLists();
    const table = content(lists.tables.open('a'));
    const heard: unknown[] = [];
    const stop = lists.onChange((changes: readonly Change[], origin) => {
      heard.push([
        changes.map(({ list, kind }) => `${kind} of ${list}`),
        origin,
        table.lookup('example.com'),
      ]);
    });
    await applied(lists, put('a', 'example.com'));
    await applied(lists, put('a', 'example.com'));
    stop();
    await applied(lists, put('a', 'example.net'));
    expect(heard).toEqual([[['entry of a'], '', 'REJECT']]);
  });

  it('names no restriction class but those of the policies', async () => {
    const { lists } = await openTestLists({ classNames: () => ['greylist'] });
    await applied(lists, makeList('a'), put('a', 'example.com', 'greylist'));
    expect(codes(await lists.apply([put('a', 'example.net', 'greyliss')], BY))).toBe('invalid action');
  });
});

describe('an entry that expires', () => {
  it('is out of force at its second, leaves memory with the next sweep and the store after 30 days', async () => {
    let now = Date.now();
    const { lists } = await openTestLists({ now: () => now });
    const expires = Math.ceil(now / 1000) * 1000 + 5000;
    const table = content(lists.tables.open('a'));
    await applied(lists, put('a', 'example.com', 'REJECT', { expires }), put('a', 'stays.example'));
    now = expires - 1;
    expect(table.lookup('example.com')).toBe('REJECT');
    now = expires;
    expect(table.lookup('example.com')).toBeUndefined();
    expect(lists.list('a')?.entries).toBe(2);
    await lists.sweep();
    expect(lists.list('a')?.entries).toBe(1);
    expect(sound(await lists.search({ isExpired: true }))).toMatchObject({
      entries: [{ key: 'example.com' }],
    });
    now += 31 * 86_400_000;
    await lists.purge();
    expect(sound(await lists.search({ list: 'a' }))).toMatchObject({ entries: [{ key: 'stays.example' }] });
  });

  it('leaves memory also where more than a sweep reads at a time expire in one second', async () => {
    let now = Date.UTC(2030, 0, 1);
    const { lists } = await openTestLists({ now: () => now });
    const expires = now + 60_000;
    await applied(lists, makeList('a'), makeList('b'));
    await applied(lists, put('b', 'stays.example', 'REJECT', { expires: expires + 1000 }));
    for (let batch = 0; batch < 5; batch++) {
      const keys = Array.from({ length: 5000 }, (_, at) => `h${batch}-${at}.example`);
      await applied(lists, ...keys.map((key) => put('a', key, 'REJECT', { expires })));
    }
    now = expires;
    await lists.sweep();
    expect(lists.list('a')?.entries).toBe(0);
    expect(lists.list('b')?.entries).toBe(1);
  });

  it('is in force again where the clock was ahead, and is right again', async () => {
    let now = Date.UTC(2030, 0, 1);
    const { lists } = await openTestLists({ now: () => now });
    const expires = now + 3_600_000;
    const keys = ['kept.example', 'removed.example', 'over.example'];
    await applied(lists, makeList('a'), ...keys.map((key) => put('a', key, 'REJECT', { expires })));
    await applied(lists, put('a', 'over.example', 'REJECT', { expires: now + 1000 }));
    now += 7_200_000;
    await lists.sweep();
    expect(lists.list('a')?.entries).toBe(0);
    await applied(lists, { operation: 'remove', list: 'a', key: 'removed.example' });
    now -= 7_190_000;
    await applied(lists, put('a', 'short.example', 'REJECT', { expires: now + 1000 }));
    now += 1000;
    await lists.sweep();
    expect(lists.match('kept.example')).toMatchObject([{ action: 'REJECT' }]);
    expect(lists.list('a')?.entries).toBe(1);
    now = expires;
    await lists.sweep();
    expect(lists.list('a')?.entries).toBe(0);
  });

  it('is in force again where it came from elsewhere while the clock was ahead for a moment', async () => {
    let now = Date.UTC(2030, 0, 1);
    const expires = now + 3_600_000;
    const { lists: other } = await openTestLists({ now: () => now });
    const changes: Change[] = [];
    other.onChange((news) => changes.push(...news));
    await applied(other, makeList('a'), put('a', 'example.com', 'REJECT', { expires }));
    const { lists } = await openTestLists({ now: () => now });
    await lists.sweep();
    now += 7_200_000;
    await lists.merge(changes, 'elsewhere');
    expect(lists.match('example.com')).toEqual([]);
    now -= 7_140_000;
    await lists.sweep();
    expect(lists.match('example.com')).toMatchObject([{ action: 'REJECT' }]);
    now = expires;
    await lists.sweep();
    expect(lists.list('a')?.entries).toBe(0);
  });

  it('is not loaded when its time has come', async () => {
    const directory = dataDirectory();
    const first = await openTestLists({ directory });
    const expires = Math.ceil(Date.now() / 1000) * 1000 + 60_000;
    await applied(first.lists, makeList('a'), put('a', 'example.com', 'REJECT', { expires }));
    await close(first);
    const second = await openTestLists({ directory, now: () => expires });
    expect(second.lists.list('a')?.entries).toBe(0);
    const renewed = expires + 60_000;
    await applied(second.lists, {
      operation: 'patch',
      list: 'a',
      key: 'example.com',
      fields: { expires: renewed },
    });
    expect(second.lists.list('a')?.entries).toBe(1);
  });
});

describe('match', () => {
  it('tells which lists say something, by the way Postfix looks', async () => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('clients'), makeList('senders'), makeList('none'));
    await applied(
      lists,
      put('clients', '192.0.2.0/24', 'REJECT net'),
      put('clients', '192.0.2', 'OK'),
      put('clients', '192', 'OK'),
      put('clients', 'example.com', 'REJECT domain'),
      put('senders', 'user@example.com', 'REJECT user'),
      put('senders', 'user@', 'OK'),
      put('senders', '2001:db8', 'OK'),
      put('senders', '<>', 'DUNNO'),
    );
    const found = (subject: string) => {
      const matches = lists.match(subject);
      return 'error' in matches ? [] : matches;
    };
    const told = (subject: string) =>
      found(subject).map(({ list, key, action }) => `${list} ${key} ${action}`);
    expect(told('192.0.2.7')).toEqual(['clients 192.0.2.0/24 REJECT net']);
    expect(told('192.0.3.7')).toEqual(['clients 192 OK']);
    expect(told('2001:db8:1::1')).toEqual(['senders 2001:db8 OK']);
    expect(told('mail.Example.com')).toEqual(['clients example.com REJECT domain']);
    expect(told('user@example.com')).toEqual([
      'clients example.com REJECT domain',
      'senders user@example.com REJECT user',
    ]);
    expect(told('user@other.example')).toEqual(['senders user@ OK']);
    expect(told('<>')).toEqual(['senders <> DUNNO']);
    expect(told('198.51.100.1')).toEqual([]);
    expect(found('mail.example.com')[0]?.searched).toBe('example.com');
    // As a key of theirs would be understood.
    expect(told('::ffff:192.0.2.7')).toEqual(['clients 192.0.2.0/24 REJECT net']);
    expect(told('192.0.2.7/32')).toEqual(['clients 192.0.2.0/24 REJECT net']);
    expect(told('192.0.2')).toEqual(['clients 192.0.2 OK']);
    expect(told('10.192')).toEqual([]);
    expect(told('mail.example.com.')).toEqual(['clients example.com REJECT domain']);
    expect(told('"user"@example.com')).toEqual(told('user@example.com'));
    expect(told('user@')).toEqual(['senders user@ OK']);
  });

  it('goes by the rules of the policies in force', async () => {
    const extension = { delimiters: '', doubleBounceSender: 'double-bounce', isOwnerRequestSpecial: true };
    let rules: readonly SearchRules[] = [{ isParentMatching: true, extension }];
    const { lists } = await openTestLists({ searchRules: () => rules });
    await applied(lists, makeList('l'));
    await applied(lists, put('l', 'user@example.com', 'REJECT'), put('l', '.example.net', 'REJECT'));
    expect([lists.match('user+x@example.com'), lists.match('a.example.net')]).toEqual([[], []]);
    rules = [...rules, { isParentMatching: false, extension: { ...extension, delimiters: '+-' } }];
    expect(lists.match('user+x@example.com')).toMatchObject([{ searched: 'user@example.com' }]);
    expect(lists.match('a.example.net')).toMatchObject([{ key: '.example.net' }]);
  });

  it('tells what no client, sender or recipient can be', async () => {
    const { lists } = await openTestLists();
    await applied(lists, makeList('clients'));
    await applied(lists, put('clients', '192.0.2.0/24', 'REJECT'));
    expect(lists.match('192.0.2.0/24')).toEqual({
      error: '`192.0.2.0/24` is a network',
      help: 'ask for an address in it',
    });
    expect(lists.match('192.0.2.300')).toHaveProperty('error');
    expect(lists.match('*.example.com')).toHaveProperty('error', 'there are no wildcards: `*.example.com`');
    expect(lists.match('two words')).toHaveProperty('error');
    // What a client may say in HELO.
    for (const helo of ['[192.0.2.7]', 'my..pc', 'under_score']) expect(lists.match(helo)).toEqual([]);
  });
});
