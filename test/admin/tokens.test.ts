import { describe, expect, onTestFinished, test } from 'vitest';
import { environmentToken } from '../../src/admin/auth/environment-token.ts';
import { hashToken, makeToken, matchesHash, tokenId } from '../../src/admin/auth/token-text.ts';
import { MAX_TOKENS, type TokenKeeper, Tokens } from '../../src/admin/auth/tokens.ts';
import { Store } from '../../src/store/store.ts';
import { StoreFailure } from '../../src/store/store-failure.ts';

const WISH = { name: 'fail2ban', scopes: ['lists'], lists: ['bad'], actions: null, expires: null } as const;

/** A store in memory that notes what it is asked, and fails when it is told to. */
async function noted() {
  const store = await Store.open({ directory: undefined });
  onTestFinished(() => store.close());
  const calls: unknown[][] = [];
  const state = { fails: false };
  const noting =
    <A extends unknown[], R>(name: string, method: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R | StoreFailure> => {
      calls.push([name, ...args]);
      return state.fails ? new StoreFailure('full', 'no space', 'make some') : method(...args);
    };
  const { tokens } = store;
  const keeper: TokenKeeper = {
    tokens: {
      all: tokens.all,
      add: noting('add', tokens.add),
      remove: noting('remove', tokens.remove),
      touch: noting('touch', tokens.touch),
    },
  };
  return { keeper, calls, state };
}

let count = 0;

async function made(tokens: Tokens, wish: Parameters<Tokens['create']>[0] = WISH) {
  const result = await tokens.create(
    { ...wish, name: wish === WISH ? `${wish.name} ${++count}` : wish.name },
    'test',
  );
  if (typeof result === 'string' || result instanceof StoreFailure)
    throw new Error(`not made: ${String(result)}`);
  return result;
}

describe('a token', () => {
  test('is 256 random bits behind its id, and only its hash is kept', async () => {
    const texts = new Set(Array.from({ length: 100 }, () => makeToken().text));
    expect(texts.size).toBe(100);
    const { keeper, calls } = await noted();
    const { text, token } = await made(new Tokens({ keeper }));
    expect(text).toMatch(/^pw_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(text.slice(16), 'base64url').length).toBe(32);
    expect(tokenId(text)).toBe(token.id);
    expect(token.hash).toBe(hashToken(text));
    expect(JSON.stringify(calls)).not.toContain(text.slice(16));
  });

  test('is held against the whole hash', () => {
    const { text, hash } = makeToken();
    expect(matchesHash(text, hash)).toBe(true);
    expect(matchesHash(`${text} `, hash)).toBe(false);
    for (const wrong of ['', hash.slice(2), `${hash}00`, 'x'.repeat(64), hash.replace(/^./, 'g')]) {
      expect(matchesHash(text, wrong)).toBe(false);
    }
  });

  test('says who asks, and what they may', async () => {
    const tokens = new Tokens({ keeper: (await noted()).keeper });
    const { text, token } = await made(tokens);
    expect(tokens.identify(text)).toEqual({
      actor: `token:${token.id} (${token.name})`,
      key: `token:${token.id}`,
      scopes: ['lists'],
      lists: ['bad'],
      tokenId: token.id,
    });
    for (const wrong of [
      '',
      'pw_',
      text.slice(0, -1),
      `${text}a`,
      text.toUpperCase(),
      makeToken().text,
      `pw_${token.id}_${makeToken().text.slice(16)}`,
      'x'.repeat(1_000_000),
    ]) {
      expect(tokens.identify(wrong)).toBeUndefined();
    }
  });

  test('ends at its time, and when it is revoked', async () => {
    let now = 1000;
    const tokens = new Tokens({ keeper: (await noted()).keeper, now: () => now });
    const short = await made(tokens, { ...WISH, expires: 2000 });
    const long = await made(tokens);
    const principal = tokens.identify(short.text);
    now = 1999;
    expect(tokens.identify(short.text)).toBeDefined();
    expect(principal && tokens.holds(principal)).toBe(true);
    now = 2000;
    expect(tokens.identify(short.text)).toBeUndefined();
    expect(principal && tokens.holds(principal)).toBe(false);
    expect(await tokens.revoke(long.token.id, 'test')).toBe(true);
    expect(tokens.identify(long.text)).toBeUndefined();
    expect(await tokens.revoke(long.token.id, 'test')).toBe(false);
  });

  test('that could not be kept is none; one that could not be removed stays', async () => {
    const { keeper, state } = await noted();
    const tokens = new Tokens({ keeper });
    const { text, token } = await made(tokens);
    state.fails = true;
    expect(await tokens.create(WISH, 'test')).toBeInstanceOf(StoreFailure);
    expect(await tokens.revoke(token.id, 'test')).toBeInstanceOf(StoreFailure);
    expect(tokens.list().map(({ id }) => id)).toEqual([token.id]);
    state.fails = false;
    expect(await tokens.create({ ...WISH, name: token.name }, 'test')).toBe('taken');
    expect(tokens.identify(text)).toBeDefined();
  });

  test('that is used is written down now and then, until it has worked', async () => {
    let now = 5;
    const { keeper, calls, state } = await noted();
    const tokens = new Tokens({ keeper, now: () => now });
    const { text, token } = await made(tokens);
    for (now = 10; now < 20; now += 1) tokens.identify(text);
    expect(tokens.get(token.id)?.lastUsed).toBe(19);
    state.fails = true;
    expect(await tokens.flush()).toBeInstanceOf(StoreFailure);
    state.fails = false;
    await tokens.flush();
    await tokens.flush();
    const touches = calls.filter((call) => Array.isArray(call) && call[0] === 'touch');
    expect(touches).toEqual([
      ['touch', token.id, 19],
      ['touch', token.id, 19],
    ]);
  });

  test('is audited, without its text', async () => {
    const { keeper, calls } = await noted();
    const tokens = new Tokens({ keeper, now: () => 7 });
    const { token } = await made(tokens);
    await tokens.revoke(token.id, 'local:alice');
    const facts = JSON.stringify({ name: token.name, scopes: ['lists'], lists: ['bad'], expires_at: null });
    const common = { at: 7, list: '', subject: token.id, origin: '' };
    expect(calls).toEqual([
      ['add', token, { ...common, actor: 'test', operation: 'token.create', before: null, after: facts }],
      [
        'remove',
        token.id,
        { ...common, actor: 'local:alice', operation: 'token.revoke', before: facts, after: null },
      ],
    ]);
  });

  test('there is not any number of them', async () => {
    const kept = {
      all: async () => [],
      add: async () => true,
      remove: async () => true,
      touch: async () => true,
    };
    const tokens = new Tokens({ keeper: { tokens: kept } });
    for (let i = 0; i < MAX_TOKENS; i += 1) await made(tokens);
    expect(await tokens.create(WISH, 'test')).toBe('full');
  });
});

describe('the token of the environment', () => {
  const SECRET = 'a'.repeat(32);

  test('administers, and stays as long as the environment names it', async () => {
    const tokens = new Tokens({ keeper: (await noted()).keeper, environmentToken: SECRET });
    expect(tokens.hasAdmin()).toBe(true);
    expect(tokens.identify(SECRET)).toMatchObject({ scopes: ['admin'], actor: 'token:environment' });
    expect(tokens.identify(`${SECRET}a`)).toBeUndefined();
    expect(tokens.list()).toEqual([]);
  });

  test.each([
    [{}, undefined],
    [{ POSTWARD_ADMIN_TOKEN: '', POSTWARD_ADMIN_TOKEN_FILE: '' }, undefined],
    [{ POSTWARD_ADMIN_TOKEN: SECRET }, SECRET],
  ])('is read: %j', (environment, token) => {
    expect(environmentToken(environment)).toBe(token);
  });

  test.each([
    [{ POSTWARD_ADMIN_TOKEN: 'short-secret' }, 'has 12 characters, fewer than 32'],
    [{ POSTWARD_ADMIN_TOKEN: `${SECRET} ` }, 'no HTTP header can carry'],
    [{ POSTWARD_ADMIN_TOKEN: 'a'.repeat(600) }, 'more than 512 characters'],
    [{ POSTWARD_ADMIN_TOKEN_FILE: '/no/such/file' }, 'cannot read `/no/such/file`'],
    [{ POSTWARD_ADMIN_TOKEN: SECRET, POSTWARD_ADMIN_TOKEN_FILE: '/x' }, 'are both set'],
  ])('is refused without being told: %j', (environment, reason) => {
    let message = '';
    try {
      environmentToken(environment);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain(reason);
    expect(message).not.toContain('short-secret');
    expect(message).not.toContain(SECRET);
  });
});

test('somebody can administer only with an admin token that holds', async () => {
  let now = 0;
  const tokens = new Tokens({ keeper: (await noted()).keeper, now: () => now });
  expect(tokens.hasAdmin()).toBe(false);
  await made(tokens);
  expect(tokens.hasAdmin()).toBe(false);
  await made(tokens, { ...WISH, scopes: ['admin'], lists: null, expires: 10 });
  expect(tokens.hasAdmin()).toBe(true);
  now = 10;
  expect(tokens.hasAdmin()).toBe(false);
});
