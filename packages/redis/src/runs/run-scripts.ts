/**
 * The scripts over runs. Each looks at the lease by Redis's own clock before anything else: no process's clock counts.
 *
 * A run is a hash: attempt, term, released (while it is), state, reason, sequence (of the newest entry), written (of the producer's newest), length,
 * started, ended, lease (until when), fresh (when expiry is next renewed), snapshot (its sequence), folded, followers. The
 * entries of an attempt are a stream of its own; a chunk is `<sequence of its first>-0`, with JSON of the entries as `e`.
 */
import { defineScript } from "../scripts/script.js";
import { MAIL } from "./run-mail.js";

const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local started, untils, control = KEYS[1], KEYS[2], KEYS[3]
${MAIL}

local function forget(id, hash, attempt)
	redis.call('DEL', hash, hash .. ':' .. attempt)
	redis.call('ZREM', started, id)
	redis.call('ZREM', untils, id)
end

local function keep(id, hash, attempt, ms)
	redis.call('PEXPIRE', hash, ms)
	redis.call('PEXPIRE', hash .. ':' .. attempt, ms)
	redis.call('ZADD', untils, now + ms, id)
end

-- The last entry of a run that somebody else than its producer ends.
local function finish(id, hash, attempt, state, reason, ttl)
	local data = reason == '' and '{}' or cjson.encode({ reason = reason })
	local sequence = redis.call('HINCRBY', hash, 'sequence', 1)
	local chunk = cjson.encode({ { state, data, state } })
	redis.call('XADD', hash .. ':' .. attempt, sequence .. '-0', 'e', chunk)
	tell(hash, attempt, redis.call('HGET', hash, 'followers'), sequence, chunk)
	send()
	redis.call('HINCRBY', hash, 'length', #data)
	redis.call('HSET', hash, 'state', state, 'reason', reason, 'ended', now)
	redis.call('HDEL', hash, 'released')
	keep(id, hash, attempt, ttl)
end

-- The state of a run, which fails here if its producer has been silent for too long.
local function stateOf(id, hash, attempt, state, lease, ttl)
	if state ~= 'running' or tonumber(lease) > now then return state end
	finish(id, hash, attempt, 'failed', 'lost', ttl)
	return 'failed'
end

-- What is not here may be on another server: a replica refuses this.
local function sure()
	redis.call('ZREM', untils, '')
end

-- The attempt and the state of a run.
local function settle(id, hash)
	local run = redis.call('HMGET', hash, 'attempt', 'state', 'lease', 'ttl')
	if not run[1] then return sure() end
	return run[1], stateOf(id, hash, run[1], run[2], run[3], run[4])
end

local function status(id, hash)
	local run = redis.call('HMGET', hash, 'attempt', 'state', 'reason', 'sequence', 'length', 'started', 'ended', 'lease')
	if not run[1] then return nil end
	run[8] = run[2] == 'running' and tostring(math.max(0, run[8] - now)) or '0'
	run[9] = id
	local own = redis.call('HMGET', hash, 'term', 'released')
	run[10], run[11] = own[1], own[2] and '1' or ''
	return run
end

-- Runs that Redis has forgotten by itself are in the index until then.
local function sweep()
	for _, id in ipairs(redis.call('ZRANGEBYSCORE', untils, '-inf', now, 'LIMIT', 0, 100)) do
		redis.call('ZREM', started, id)
		redis.call('ZREM', untils, id)
	end
end
`;

/** KEYS: the index, control, the hash. ARGV: id, an attempt, lease, ttl, how many there may be. It answers the status, and 1 if it is new. */
export const CLAIM = defineScript(`${COMMON}
local hash, id, attempt = KEYS[4], ARGV[1], ARGV[2]
local lease, ttl = tonumber(ARGV[3]), tonumber(ARGV[4])
local known, state = settle(id, hash)
if state == 'running' then return { status(id, hash), 0 } end
if known then forget(id, hash, known) end
sweep()
if redis.call('ZCARD', started) >= tonumber(ARGV[5]) then return redis.error_reply('SSEMAXRUNS') end
redis.call('HSET', hash, 'attempt', attempt, 'term', 1, 'state', 'running', 'reason', '', 'sequence', 0, 'written', 0,
	'length', 0, 'started', now, 'ended', '', 'lease', now + lease, 'fresh', now + lease / 2, 'ttl', ttl)
redis.call('ZADD', started, now, id)
keep(id, hash, attempt, lease + ttl)
return { status(id, hash), 1 }
`);

/**
 * KEYS: the index, control, a hash for each write. ARGV for each write: id; attempt, term, after, how many, length, lease, ttl,
 * state of its end, sequence of a snapshot (both '-' for none), and 1 to release it, with spaces between; the chunk; reason of
 * its end; state of the snapshot. It answers the sequence of each, or -1. A renewal that arrives late must not take back what was
 * stored since then.
 */
export const WRITE = defineScript(`${COMMON}
local results = {}
for at = 4, #KEYS do
	local hash, arg = KEYS[at], (at - 4) * 5
	local id, chunk = ARGV[arg + 1], ARGV[arg + 3]
	local attempt, term, after, count, length, lease, ttl, ending, snapshot, release =
		string.match(ARGV[arg + 2], '(%S+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (%S+) (%d)')
	after, count, lease = tonumber(after), tonumber(count), tonumber(lease)
	local last = after + count
	local run = redis.call('HMGET', hash, 'attempt', 'state', 'lease', 'ttl', 'written', 'sequence', 'fresh', 'term', 'length', 'followers')
	local result = -1
	if run[1] == attempt then
		local state = stateOf(id, hash, attempt, run[2], run[3], run[4])
		if count > 0 and tonumber(run[5]) >= last then
			result = last
		elseif state ~= 'running' or run[8] ~= term then
			result = -1
		elseif tonumber(run[6]) < after then
			-- The newest entries are gone, as they are after a failover: nobody can continue from here.
			finish(id, hash, attempt, 'failed', 'lost', ttl)
		elseif tonumber(run[6]) > last then
			result = run[6]
		else
			result = last
			if count > 0 then
				redis.call('XADD', hash .. ':' .. attempt, (after + 1) .. '-0', 'e', chunk)
				if run[10] then tell(hash, attempt, run[10], after + 1, chunk) end
			end
			redis.call('HSET', hash, 'sequence', last, 'written', last, 'length', run[9] + length, 'lease', now + lease)
			if snapshot ~= '-' then
				redis.call('HSET', hash, 'snapshot', snapshot, 'folded', ARGV[arg + 5])
			end
			if ending ~= '-' then
				redis.call('HSET', hash, 'state', ending, 'reason', ARGV[arg + 4], 'ended', now)
				keep(id, hash, attempt, ttl)
			elseif tonumber(run[7]) <= now or after == 0 then
				redis.call('HSET', hash, 'fresh', now + lease / 2)
				keep(id, hash, attempt, lease + ttl)
			end
			if release == '1' then
				redis.call('HSET', hash, 'released', 1)
				redis.call('XADD', control, 'MAXLEN', '~', 1000, '*', 'r', attempt, 'id', id)
			end
		end
	end
	results[at - 3] = result
end
send()
return results
`);

/** KEYS: the index, control, the hash. ARGV: id, reason, ttl. It answers 1 if it was running. */
export const CANCEL = defineScript(`${COMMON}
local attempt, state = settle(ARGV[1], KEYS[4])
if state ~= 'running' then
	sure()
	return 0
end
finish(ARGV[1], KEYS[4], attempt, 'cancelled', ARGV[2], ARGV[3])
redis.call('XADD', control, 'MAXLEN', '~', 1000, '*', 'a', attempt)
return 1
`);

/** KEYS: the index, control, the hash. ARGV: id, the attempt, lease, ttl, how much greater the term becomes. It answers the status, or nothing. */
export const ADOPT = defineScript(`${COMMON}
local id, hash, lease = ARGV[1], KEYS[4], tonumber(ARGV[3])
local attempt, state = settle(id, hash)
if attempt ~= ARGV[2] or state ~= 'running' or redis.call('HDEL', hash, 'released') == 0 then return nil end
redis.call('HINCRBY', hash, 'term', ARGV[5])
redis.call('HSET', hash, 'lease', now + lease, 'fresh', now + lease / 2, 'ttl', ARGV[4])
keep(id, hash, attempt, lease + ARGV[4])
return status(id, hash)
`);

/** KEYS: the index, control, the hash. ARGV: id. It answers the status, or nothing. */
export const SETTLE = defineScript(`${COMMON}
settle(ARGV[1], KEYS[4])
return status(ARGV[1], KEYS[4])
`);

/** KEYS: the index, control, what the names of hashes begin with. ARGV: how many. It answers statuses, the newest first. */
export const LIST = defineScript(`${COMMON}
sweep()
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', started, 0, ARGV[1] - 1)) do
	local hash = KEYS[4] .. id
	settle(id, hash)
	local run = status(id, hash)
	if run then table.insert(found, run) end
end
return found
`);
