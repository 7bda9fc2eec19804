/** What lists are worth: counted by the hour, compared with what others say of the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import { DNSBL_FAULTS } from '../../src/dns/dnsbl-faults.ts';
import { ListWorth } from '../../src/dns/list-worth.ts';
import { DurationHistogram } from '../../src/util/duration-histogram.ts';
import { testEntries, watchLists } from './watch-lists.ts';

const HOUR = 3_600_000;

test('a day is remembered, by the hour', () => {
  const worth = new ListWorth();
  worth.note('listed', 0);
  worth.note('not_listed', 1);
  worth.note('error_answer', HOUR);
  worth.note('tempfail', 2 * HOUR);
  expect(worth.read(2 * HOUR)).toMatchObject({ asked: 4, listed: 1, errorAnswers: 1, failures: 1 });
  expect(worth.read(24 * HOUR)).toMatchObject({ asked: 2, listed: 0, errorAnswers: 1, failures: 1 });
  expect(worth.read(26 * HOUR)).toMatchObject({ asked: 0, listed: 0, errorAnswers: 0, failures: 0 });
});

test('what others had as well is told, the most frequent first', () => {
  const worth = new ListWorth();
  worth.noteCompared(['a.test', 'b.test'], 0);
  worth.noteCompared(['b.test'], 0);
  worth.noteCompared([], 0);
  expect(worth.read(0)).toMatchObject({
    compared: 3,
    alone: 1,
    overlaps: [
      { list: 'b.test', count: 2 },
      { list: 'a.test', count: 1 },
    ],
  });
});

test('a listing is compared with the lists that were asked anyway, and nobody is asked for it', async () => {
  const zone = ['one.test', 'two.test', 'dom.test'].map(testEntries).join('');
  let resolver: CachingResolver | undefined;
  const watch = await watchLists(
    `${zone}@dnsbl one.test 192.0.2.1 127.0.0.2\n@dnsbl two.test 192.0.2.1 127.0.0.2\n@dnsbl one.test 192.0.2.2 127.0.0.2\n`,
    { peek: (name, type) => resolver?.peek(name, type) },
  );
  resolver = new CachingResolver(watch.resolver);
  const [one, two] = [watch.list('one.test'), watch.list('two.test')];
  watch.list('dom.test', 'domain');
  await watch.health.probeAll();
  for (const host of [1, 2]) {
    for (const list of ['one.test', 'two.test']) await resolver.lookup(`${host}.2.0.192.${list}`, 'A');
  }
  await resolver.lookup('3.2.0.192.one.test', 'A');
  watch.health.noteAnswer(one, 'listed', '1.2.0.192.one.test');
  watch.health.noteAnswer(two, 'listed', '1.2.0.192.two.test');
  watch.health.noteAnswer(one, 'listed', '2.2.0.192.one.test');
  // Nobody knows what two.test says of it.
  watch.health.noteAnswer(one, 'listed', '3.2.0.192.one.test');
  const compared = () =>
    one.worth.read(performance.now()).compared + two.worth.read(performance.now()).compared;
  for (let waited = 0; compared() < 3 && waited < 15_000; waited += 50) await sleep(50);
  expect(one.worth.read(performance.now())).toMatchObject({
    asked: 3,
    listed: 3,
    compared: 2,
    alone: 1,
    overlaps: [{ list: 'two.test', count: 1 }],
  });
  expect(two.worth.read(performance.now())).toMatchObject({ compared: 1, alone: 0 });
  expect(watch.dns.queries.filter(({ name }) => name === '3.2.0.192.two.test')).toEqual([]);
});

test('allow lists and lists that list everybody are no company', async () => {
  const watch = await watchLists(
    ['deny', 'allow', 'world', 'other'].map((name) => testEntries(`${name}.test`)).join(''),
    {
      peek: () => ({
        status: 'found',
        records: [{ data: '127.0.0.2', preference: 0 }],
        ttlSeconds: 60,
        reason: '',
      }),
    },
  );
  const deny = watch.list('deny.test');
  watch.health.list({ ...watch.use('allow.test'), isAllowList: true });
  const world = watch.list('world.test');
  const other = watch.list('other.test');
  await watch.health.probeAll();
  const fault = DNSBL_FAULTS.listsTheWorld('1.0.0.127', '127.0.0.2', 3600);
  world.setAside(fault, performance.now(), 3_600_000);
  for (const list of [deny, world]) {
    watch.health.noteAnswer(list, 'listed', `1.2.0.192.${list.argument.domain}`);
  }
  const read = () => deny.worth.read(performance.now());
  for (let waited = 0; read().compared < 1 && waited < 15_000; waited += 50) await sleep(50);
  expect(read().overlaps).toEqual([{ list: other.shown, count: 1 }]);
  expect(world.worth.read(performance.now()).compared).toBe(0);
});

test('quantiles of durations lie between the bounds of their buckets', () => {
  const histogram = new DurationHistogram();
  expect(histogram.quantile(0.5)).toBeUndefined();
  for (let i = 0; i < 90; i++) histogram.observe(0.02);
  for (let i = 0; i < 10; i++) histogram.observe(2);
  expect(histogram.quantile(0.5)).toBeGreaterThan(0.01);
  expect(histogram.quantile(0.5)).toBeLessThan(0.025);
  expect(histogram.quantile(0.99)).toBeGreaterThan(1);
  expect(histogram.quantile(0.99)).toBeLessThan(2.5);
  histogram.observe(1000);
  expect(histogram.quantile(1)).toBe(60);
});
