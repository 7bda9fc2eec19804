/**
 * Makes a list here and in Redis the same: brings what Redis has and this
 * server has not, sends what Redis has not, and throws out of Redis what is no
 * register or has had its time. Only the buckets that differ are walked.
 */
import { RedisFailure } from '../../redis/redis-failure.ts';
import type { Change } from '../../store/list-records.ts';
import { purgeHorizon } from '../../store/purge.ts';
import { registerHash, wrapDigest } from '../../store/register-hash.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import type { Intake } from './intake.ts';
import { PUSH_CHUNK } from './outbox.ts';
import { bucketOf, decodeRecord, registerKey } from './record.ts';
import type { RedisLists, StoredRecord } from './redis-lists.ts';
import type { SharedLists } from './shared-lists.ts';
import type { ListRepair } from './sharing-events.ts';

export type Failure = RedisFailure | StoreFailure;

export interface RepairParts {
  readonly lists: SharedLists;
  readonly redis: RedisLists;
  readonly intake: Intake;
  readonly now: () => number;
}

const WALK_CHUNK = 1000;

export async function repairList(list: string, parts: RepairParts): Promise<ListRepair | Failure> {
  const there = await parts.redis.buckets(list);
  if (there instanceof RedisFailure) return there;
  const here = new Map<number, number>();
  const counted = await walk(list, parts, async (changes) => {
    for (const change of changes) {
      const key = registerKey(change);
      const bucket = bucketOf(key);
      here.set(bucket, wrapDigest((here.get(bucket) ?? 0) + registerHash(list, key, change.stamp)));
    }
    return undefined;
  });
  if (counted !== undefined) return counted;

  const differing = new Set(
    [...here.keys(), ...there.keys()].filter((bucket) => {
      return (here.get(bucket) ?? 0) !== (there.get(bucket) ?? 0);
    }),
  );
  let [received, sent, removed] = [0, 0, 0];
  for (const bucket of differing) {
    if (!there.has(bucket)) continue;
    const brought = await bring(list, bucket, parts);
    if (brought instanceof RedisFailure || brought instanceof StoreFailure) return brought;
    received += brought.received;
    removed += brought.removed;
  }
  const failure = await walk(list, parts, async (changes) => {
    const nowMs = parts.now();
    const missing = changes.filter(
      (change) => differing.has(bucketOf(registerKey(change))) && !isPurgeable(change, nowMs),
    );
    const result = await send(list, missing, parts);
    if (typeof result !== 'number') return result;
    sent += result;
    return undefined;
  });
  return failure ?? { list, received, sent, removed };
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

async function bring(
  list: string,
  bucket: number,
  { redis, intake, now }: RepairParts,
): Promise<{ received: number; removed: number } | Failure> {
  const thrownOut = await redis.recount(list, bucket);
  if (thrownOut instanceof RedisFailure) return thrownOut;
  let [received, removed, cursor] = [0, thrownOut, '0'];
  do {
    const page = await redis.scan(list, bucket, cursor);
    if (page instanceof RedisFailure) return page;
    const taken = await intake.take(page.records);
    if (taken instanceof StoreFailure) return taken;
    received += taken.applied;
    const nowMs = now();
    const isPast = ({ key, text }: StoredRecord): boolean => {
      const change = decodeRecord(list, key, text, nowMs);
      return typeof change === 'object' && isPurgeable(change, nowMs);
    };
    for (const record of [...taken.corrupt, ...page.records.filter(isPast)]) {
      const failure = await redis.remove(record);
      if (failure !== undefined) return failure;
      removed += 1;
    }
    cursor = page.cursor;
  } while (cursor !== '0');
  return { received, removed };
}

/** @returns how many Redis did not have */
async function send(
  list: string,
  changes: readonly Change[],
  { redis, intake }: RepairParts,
): Promise<number | Failure> {
  let sent = 0;
  for (let at = 0; at < changes.length; at += PUSH_CHUNK) {
    const chunk = changes.slice(at, at + PUSH_CHUNK);
    const pushed = await redis.push(list, chunk);
    if (pushed instanceof RedisFailure) return pushed;
    const { set, newer } = pushed;
    sent += set;
    const taken = newer.length === 0 ? undefined : await intake.take(newer);
    if (taken instanceof StoreFailure) return taken;
  }
  return sent;
}

/** True for what the store has purged or soon will: it is not to come back. */
function isPurgeable(change: Change, nowMs: number): boolean {
  if (change.kind === 'list') return false;
  const horizon = purgeHorizon(nowMs);
  return change.isDeleted ? change.changed < horizon : change.expires !== null && change.expires < horizon;
}
