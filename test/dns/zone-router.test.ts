import { expect, test } from 'vitest';
import { negative } from '../../src/dns/answer.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { ZoneMap } from '../../src/dns/zone-map.ts';
import { ZoneRouter } from '../../src/dns/zone-router.ts';

const to = (name: string): Resolver & { readonly name: string } => ({
  name,
  lookup: () => negative('nxdomain', 1, name),
});

const router = new ZoneRouter(
  to('usual'),
  new Map([
    ['bl.test', to('list')],
    ['Deep.BL.test', to('deep')],
  ]),
);

test.each([
  ['1.2.0.192.bl.test', 'list'],
  ['BL.Test', 'list'],
  ['1.2.0.192.deep.bl.test', 'deep'],
  ['1.2.0.192.notbl.test', 'usual'],
  ['bl.test.example', 'usual'],
  ['test', 'usual'],
  ['', 'usual'],
])('%s is asked of %s', async (name, who) => {
  expect(router.route(name).name).toBe(who);
  expect((await router.lookup(name, 'A')).reason).toBe(who);
});

test('without zones all goes the usual way', () => {
  expect(new ZoneRouter(to('usual'), new Map()).route('1.2.0.192.bl.test').name).toBe('usual');
});

test('of zones that a name is in the longest has the say, whatever it says', () => {
  const map = new ZoneMap([
    ['test', false],
    ['bl.test', true],
    ['key.bl.test', false],
  ]);
  expect(
    ['a.test', 'bl.test', 'x.BL.test', 'key.bl.test', 'a.key.bl.test', 'other'].map((name) => map.get(name)),
  ).toEqual([false, true, true, false, false, undefined]);
});
