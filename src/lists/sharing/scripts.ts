/**
 * What is done in Redis as one step. All keys share the hash tag `{lists}`, so
 * that a Cluster keeps them on one node.
 *
 *   {lists}:sequence          how many records the log ever had
 *   {lists}:log               stream of the last records: s sequence, n sender, l list, k key, v record
 *   {lists}:digests           hash: list → digest, in decimal
 *   {lists}:buckets:LIST      hash: bucket → digest of its registers
 *   {lists}:entries:LIST:BB   hash: key → record (see record.ts)
 *
 * One of a list's records tells when it was last dropped. No older record of the
 * list is taken from then on; those that are there are thrown out bucket by bucket.
 *
 * A digest is the sum of the hashes of registers modulo 2^48. Numbers in Lua are
 * doubles, exact to 2^53: every single addition is brought into range.
 */
import { RedisScript } from '../../redis/redis-script.ts';
import { DROP_KEY } from '../../store/list-records.ts';
import { MAX_AHEAD_MS } from '../../store/stamp.ts';

/** Bytes are compared one by one: `<` in Lua goes by the locale of the server. */
const COMMON = `
local MODULUS = 281474976710656
local DROP = '${DROP_KEY}'
local function parse(text)
  if not text then return nil end
  local stamp, hash = string.match(text, '^(%x+%-%x+%-%w+) (%x+) ')
  if stamp and #stamp == 26 and #hash == 12 then return stamp, tonumber(hash, 16) end
  return nil
end
local function isNewer(one, other)
  for at = 1, 26 do
    local a, b = string.byte(one, at), string.byte(other, at)
    if a ~= b then return a > b end
  end
  return false
end
local function keep(key, field, sum)
  if sum == 0 then redis.call('HDEL', key, field)
  else redis.call('HSET', key, field, string.format('%.0f', sum)) end
end
local function add(key, field, delta)
  keep(key, field, ((tonumber(redis.call('HGET', key, field) or '0') or 0) + delta) % MODULUS)
end
`;

/** Of stamps that are further ahead of Redis's clock than any server takes. */
const CLOCK = `
local latest = redis.call('TIME')[1] * 1000 + ${MAX_AHEAD_MS}
local function isAhead(stamp)
  return (tonumber(string.sub(stamp, 1, 12), 16) or 0) > latest
end
local function usable(stamp)
  if stamp and not isAhead(stamp) then return stamp end
  return nil
end
`;

/**
 * Sets records that are newer than what is there, and writes them to the log.
 * KEYS: sequence, log, digests, buckets, the entries with the drop, then entries.
 * ARGV: list, sender, length of the log, `edit` or `repair`, then for each record
 * the index of its entries in KEYS, bucket, key, record. Answers for each '' (set),
 * '=' (this state was there already), '-' (older than the drop), or the newer
 * record that is there; and at the end the record of the drop, or ''.
 *
 * What is stamped further ahead of Redis's clock than any server takes is in
 * no edit's way. A repair leaves it: whoever stamped it so would put it back.
 */
export const PUSH = new RedisScript(`${COMMON}${CLOCK}
local function isInTheWay(old, stamp)
  if isNewer(stamp, old) then return false end
  return ARGV[4] ~= 'edit' or isAhead(stamp) or not isAhead(old)
end
local answers, sum, sums = {}, 0, {}
local drop = redis.call('HGET', KEYS[5], DROP)
local dropStamp = usable(parse(drop))
for at = 5, #ARGV, 4 do
  local entries, bucket, key, text = KEYS[tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local old = redis.call('HGET', entries, key)
  local oldStamp, oldHash = parse(old)
  local stamp, hash = parse(text)
  if key ~= DROP and dropStamp and not isNewer(stamp, dropStamp) then
    answers[#answers + 1] = '-'
  elseif oldStamp and isInTheWay(oldStamp, stamp) then
    answers[#answers + 1] = oldStamp == stamp and '=' or old
  else
    redis.call('HSET', entries, key, text)
    local sequence = redis.call('INCR', KEYS[1])
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*',
      's', sequence, 'n', ARGV[2], 'l', ARGV[1], 'k', key, 'v', text)
    local delta = hash - (oldHash or 0)
    sum = (sum + delta) % MODULUS
    sums[bucket] = ((sums[bucket] or 0) + delta) % MODULUS
    answers[#answers + 1] = ''
    if key == DROP then drop, dropStamp = text, usable(stamp) end
  end
end
for bucket, delta in pairs(sums) do add(KEYS[4], bucket, delta) end
if next(sums) then add(KEYS[3], ARGV[1], sum) end
answers[#answers + 1] = dropStamp and drop or ''
return answers
`);

/**
 * Throws out records of a bucket that are older than the drop of their list: some
 * at a time, since Redis does nothing else meanwhile. KEYS: digests, buckets, the
 * entries with the drop, entries. ARGV: list, bucket, cursor, how many to look
 * at. Answers how many were thrown out, and the next cursor; '0': there is no more.
 */
export const BURY = new RedisScript(`${COMMON}${CLOCK}
local dropStamp = usable(parse(redis.call('HGET', KEYS[3], DROP)))
if not dropStamp then return { 0, '0' } end
local page = redis.call('HSCAN', KEYS[4], ARGV[3], 'COUNT', ARGV[4])
local some, removed, sum = page[2], 0, 0
for at = 1, #some, 2 do
  local stamp, hash = parse(some[at + 1])
  if stamp and some[at] ~= DROP and not isNewer(stamp, dropStamp) and redis.call('HDEL', KEYS[4], some[at]) == 1 then
    removed = removed + 1
    sum = (sum + hash) % MODULUS
  end
end
if removed > 0 then
  add(KEYS[2], ARGV[2], -sum)
  add(KEYS[1], ARGV[1], -sum)
end
return { removed, page[1] }
`);

/** KEYS: sequence, log, digests. Answers the sequence, the last id of the log, the digests, and Redis's clock in seconds. */
export const STATE = new RedisScript(`
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {
  redis.call('GET', KEYS[1]) or '0',
  last[1] and last[1][1] or '0-0',
  redis.call('HGETALL', KEYS[3]),
  redis.call('TIME')[1]
}
`);

/**
 * Counts a bucket anew and throws out what is no record. KEYS: digests,
 * buckets, entries. ARGV: list, bucket. Answers how many were thrown out.
 */
export const RECOUNT = new RedisScript(`${COMMON}
local sum, removed = 0, 0
local all = redis.call('HGETALL', KEYS[3])
for at = 1, #all, 2 do
  local stamp, hash = parse(all[at + 1])
  if stamp then
    sum = (sum + hash) % MODULUS
  else
    redis.call('HDEL', KEYS[3], all[at])
    removed = removed + 1
  end
end
keep(KEYS[2], ARGV[2], sum)
local total, buckets = 0, redis.call('HGETALL', KEYS[2])
for at = 1, #buckets, 2 do
  local digest = tonumber(buckets[at + 1])
  if digest and string.match(buckets[at], '^[0-9a-f][0-9a-f]$') then
    total = (total + digest) % MODULUS
  else
    redis.call('HDEL', KEYS[2], buckets[at])
  end
end
keep(KEYS[1], ARGV[1], total)
return removed
`);

/**
 * Removes a record, if the one that is there has this stamp. KEYS: digests,
 * buckets, entries. ARGV: list, bucket, key, stamp.
 */
export const REMOVE = new RedisScript(`${COMMON}
local stamp, hash = parse(redis.call('HGET', KEYS[3], ARGV[3]))
if stamp ~= ARGV[4] then return 0 end
redis.call('HDEL', KEYS[3], ARGV[3])
add(KEYS[2], ARGV[2], -hash)
add(KEYS[1], ARGV[1], -hash)
return 1
`);

/** Holds a lock for longer, if it is still ours. KEYS: the lock. ARGV: whose, milliseconds. */
export const RENEW = new RedisScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`);

/** Lets go of a lock, if it is still ours. KEYS: the lock. ARGV: whose. */
export const UNLOCK = new RedisScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);
