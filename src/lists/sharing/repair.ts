/**
 * Makes a list here and in Redis the same: brings what Redis has and this
 * server has not, sends what Redis has not, and throws out of Redis what is no
 * register or has had its time. Only the buckets that differ are walked.
 */
import { RedisFailure } from '../../redis/redis-failure.ts';
import { type Change, DROP_KEY, LIST_KEY, registerKey } from '../../store/list-records.ts';
import { newFill } from '../../store/merge-fill.ts';
import { isPurgeable } from '../../store/purge.ts';
import { registerHash, wrapDigest } from '../../store/register-hash.ts';
import { isStamp, MAX_AHEAD_MS, NO_STAMP, stampTime } from '../../store/stamp.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import type { Bringing, Intake, Unusable } from './intake.ts';
import { bucketOf, claimedHash, decodeRecord } from './record.ts';
import type { RedisLists, StoredRecord } from './redis-lists.ts';
import type { SharedLists } from './shared-lists.ts';
import type { ListRepair } from './sharing-events.ts';

export type Failure = RedisFailure | StoreFailure;

export interface RepairParts {
  readonly lists: SharedLists;
  readonly redis: RedisLists;
  readonly intake: Intake;
  readonly now: () => number;
  /** False while the clock here is not to be trusted: then what Redis has is not judged by it. */
  readonly isClockSound: () => boolean;
}

export interface RepairResult {
  readonly repair: ListRepair;
  /** What Redis has and this server does not take: it stays there. */
  readonly unusable: Unusable | undefined;
  /** Something here has had its time, and is not sent. */
  readonly isPurgeDue: boolean;
}

const WALK_CHUNK = 1000;
/** A stamp from further ahead is nobody's clock: it would win over every edit for good. */
const NO_CLOCK_AHEAD_MS = 366 * 86_400_000;
const BUCKETS_AT_A_TIME = 16;

export async function repairList(list: string, parts: RepairParts): Promise<RepairResult | Failure> {
  const there = await parts.redis.buckets(list);
  if (there instanceof RedisFailure) return there;
  const here = new Map<number, number>();
  let hasEntries = false;
  const uncounted = await walk(list, parts, async (changes) => {
    for (const change of changes) {
      if (change.kind === 'entry') hasEntries = true;
      const key = registerKey(change);
      const bucket = bucketOf(key);
      here.set(bucket, wrapDigest((here.get(bucket) ?? 0) + registerHash(list, key, change.stamp)));
    }
    return undefined;
  });
  if (uncounted !== undefined) return uncounted;

  const differing = new Set(
    [...here.keys(), ...there.keys()].filter((bucket) => {
      return (here.get(bucket) ?? 0) !== (there.get(bucket) ?? 0);
    }),
  );
  if (differing.size === 0) {
    // Then it is the sum of the buckets that is wrong, or an edit came between.
    const counted = await parts.redis.recount(list, 0);
    if (counted instanceof RedisFailure) return counted;
    return {
      repair: { list, received: 0, sent: 0, removed: counted },
      unusable: undefined,
      isPurgeDue: false,
    };
  }
  const bringing = { fill: hasEntries ? undefined : newFill(list) };
  const brought = await bring(list, there, differing, parts, bringing);
  if (brought instanceof RedisFailure || brought instanceof StoreFailure) return brought;
  let sent = 0;
  let isPurgeDue = false;
  const failure = await walk(list, parts, async (changes) => {
    const nowMs = parts.now();
    const ofBuckets = changes.filter((change) => differing.has(bucketOf(registerKey(change))));
    const missing = ofBuckets.filter((change) => !isPurgeable(change, nowMs));
    if (missing.length < ofBuckets.length) isPurgeDue = true;
    const result = await send(list, missing, parts);
    if (typeof result !== 'number') return result;
    sent += result;
    return undefined;
  });
  if (failure !== undefined) return failure;
  const { received, removed, unusable } = brought;
  return { repair: { list, received, sent, removed }, unusable, isPurgeDue };
}

/** Hands all registers of a list to `visit`, some at a time; ends with the first failure. */
async function walk(
  list: string,
  { lists }: RepairParts,
  visit: (changes: readonly Change[]) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  let after: string | undefined;
  for (;;) {
    const changes = await lists.registers(list, after, WALK_CHUNK);
    if (changes instanceof StoreFailure) return changes;
    const last = changes.at(-1);
    if (last === undefined) return undefined;
    const failure = await visit(changes);
    if (failure !== undefined) return failure;
    if (changes.length < WALK_CHUNK) return undefined;
    after = registerKey(last);
  }
}

interface Brought {
  readonly received: number;
  readonly removed: number;
  readonly unusable: Unusable | undefined;
}

/** Takes in what Redis has in the buckets that differ, and throws out what is of no use to anybody. */
async function bring(
  list: string,
  there: ReadonlyMap<number, number>,
  differing: ReadonlySet<number>,
  parts: RepairParts,
  bringing: Bringing,
): Promise<Brought | Failure> {
  let [received, removed] = [0, 0];
  let unusable: Unusable | undefined;
  // Its drop and the list itself come before its entries, in the audit, too.
  const first = [bucketOf(LIST_KEY), bucketOf(DROP_KEY)];
  const buckets = [...differing]
    .filter((bucket) => there.has(bucket))
    .sort((a, b) => first.indexOf(b) - first.indexOf(a));
  for (let at = 0; at < buckets.length; at += BUCKETS_AT_A_TIME) {
    const sums = new Map(buckets.slice(at, at + BUCKETS_AT_A_TIME).map((bucket) => [bucket, 0]));
    for (const bucket of sums.keys()) {
      const buried = await parts.redis.buryBucket(list, bucket);
      if (buried instanceof RedisFailure) return buried;
      removed += buried;
    }
    for await (const records of pagesOf(list, [...sums.keys()], parts.redis)) {
      if (records instanceof RedisFailure) return records;
      for (const { key, text } of records) {
        const bucket = bucketOf(key);
        sums.set(bucket, wrapDigest((sums.get(bucket) ?? 0) + claimedHash(text)));
      }
      const taken = await parts.intake.take(records, bringing);
      if (taken instanceof StoreFailure) return taken;
      received += taken.applied;
      const left = taken.unusable.get(list);
      if (left !== undefined) unusable = { ...left, count: left.count + (unusable?.count ?? 0) };
      const outOfTime = parts.isClockSound() ? records.filter((record) => isOutOfTime(record, parts)) : [];
      const useless = new Set([...taken.corrupt, ...outOfTime]);
      for (const record of useless) {
        const failure = await parts.redis.remove(record);
        if (failure !== undefined) return failure;
      }
      removed += useless.size;
    }
    for (const [bucket, sum] of sums) {
      // Where the digest does not tell what is there, somebody has changed a value by hand, say.
      if (sum === there.get(bucket)) continue;
      const counted = await parts.redis.recount(list, bucket);
      if (counted instanceof RedisFailure) return counted;
      removed += counted;
    }
  }
  if (unusable !== undefined) parts.intake.tell(list, unusable);
  return { received, removed, unusable };
}

/** The records of several buckets, read side by side. */
async function* pagesOf(
  list: string,
  buckets: readonly number[],
  redis: RedisLists,
): AsyncGenerator<readonly StoredRecord[] | RedisFailure> {
  let readers = buckets.map((bucket) => redis.records(list, bucket));
  while (readers.length > 0) {
    const pages = await Promise.all(readers.map((reader) => reader.next()));
    const found: StoredRecord[] = [];
    for (const { value } of pages) {
      if (value instanceof RedisFailure) {
        yield value;
        return;
      }
      if (value !== undefined) found.push(...value);
    }
    if (found.length > 0) yield found;
    readers = readers.filter((_, index) => pages[index]?.done === false);
  }
}

/**
 * It has had its time, or is stamped as no clock is. Or this server has stamped it
 * itself while its clock was wrong, and stamped anew what it still had of that:
 * Redis has it from before, and it would win one day.
 */
function isOutOfTime({ list, key, text }: StoredRecord, { lists, now }: RepairParts): boolean {
  const nowMs = now();
  const stamp = text.slice(0, NO_STAMP.length);
  const aheadMs = isStamp(stamp) ? stampTime(stamp) - nowMs : 0;
  if (aheadMs > NO_CLOCK_AHEAD_MS) return true;
  if (aheadMs > MAX_AHEAD_MS && stamp.endsWith(`-${lists.node}`)) return true;
  const change = decodeRecord(list, key, text);
  return typeof change === 'object' && isPurgeable(change, nowMs);
}

/** @returns how many Redis did not have */
async function send(
  list: string,
  changes: readonly Change[],
  { redis, intake }: RepairParts,
): Promise<number | Failure> {
  const pushed = await redis.push(list, changes, 'repair');
  if (pushed instanceof RedisFailure) return pushed;
  const taken = pushed.newer.length === 0 ? undefined : await intake.take(pushed.newer);
  return taken instanceof StoreFailure ? taken : pushed.set;
}
