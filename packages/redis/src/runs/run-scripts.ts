/**
 * The scripts over runs. Each looks at the lease by Redis's own clock before anything else: no process's clock counts.
 *
 * A run is a hash: attempt, term, released (while it is), state, reason, sequence (of the newest entry), written (of the producer's newest), length,
 * started, ended, lease (until when), fresh (when expiry is next renewed), snapshot (its sequence), folded. The entries of
 * an attempt are a stream of its own; a chunk is `<sequence of its first>-0`, with JSON of the entries as `e`.
 */
import { defineScript } from "../scripts/script.js";

const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local started, untils, control = KEYS[1], KEYS[2], KEYS[3]

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
	redis.call('XADD', hash .. ':' .. attempt, sequence .. '-0', 'e', cjson.encode({ { state, data, state } }))
	redis.call('HINCRBY', hash, 'length', #data)
	redis.call('HSET', hash, 'state', state, 'reason', reason, 'ended', now)
	redis.call('HDEL', hash, 'released')
	keep(id, hash, attempt, ttl)
end

-- The attempt and the state of a run, which fails here if its producer has been silent for too long.
local function settle(id, hash)
	local run = redis.call('HMGET', hash, 'attempt', 'state', 'lease', 'ttl')
	if not run[1] then return nil end
	if run[2] == 'running' and tonumber(run[3]) <= now then
		finish(id, hash, run[1], 'failed', 'lost', run[4])
		return run[1], 'failed'
	end
	return run[1], run[2], run[3]
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
 * KEYS: the index, control, a hash for each write. ARGV for each write: id, attempt, after, how many, lease, ttl, length, state and
 * reason of its end ('' for none), sequence and state of a snapshot ('' for none), the chunk, term, 1 to release it. It answers the sequence of each, or -1.
 */
export const WRITE = defineScript(`${COMMON}
local results = {}
for at = 4, #KEYS do
	local hash, arg = KEYS[at], (at - 4) * 14
	local id, attempt, after, count = ARGV[arg + 1], ARGV[arg + 2], tonumber(ARGV[arg + 3]), tonumber(ARGV[arg + 4])
	local lease, ttl, last = tonumber(ARGV[arg + 5]), tonumber(ARGV[arg + 6]), after + count
	local run = redis.call('HMGET', hash, 'attempt', 'written', 'sequence', 'fresh', 'term')
	local result = -1
	if run[1] == attempt then
		local _, state = settle(id, hash)
		if count > 0 and tonumber(run[2]) >= last then
			result = last
		elseif state ~= 'running' or run[5] ~= ARGV[arg + 13] then
			result = -1
		elseif tonumber(run[3]) < after then
			-- The newest entries are gone, as they are after a failover: nobody can continue from here.
			finish(id, hash, attempt, 'failed', 'lost', ttl)
		else
			result = last
			local stream, ended = hash .. ':' .. attempt, ARGV[arg + 8] ~= ''
			if count > 0 then
				redis.call('XADD', stream, (after + 1) .. '-0', 'e', ARGV[arg + 12])
				redis.call('HINCRBY', hash, 'length', ARGV[arg + 7])
			end
			redis.call('HSET', hash, 'sequence', last, 'written', last, 'lease', now + lease)
			if ARGV[arg + 10] ~= '' then
				redis.call('HSET', hash, 'snapshot', ARGV[arg + 10], 'folded', ARGV[arg + 11])
			end
			if ended then
				redis.call('HSET', hash, 'state', ARGV[arg + 8], 'reason', ARGV[arg + 9], 'ended', now)
				keep(id, hash, attempt, ttl)
			elseif tonumber(run[4]) <= now or after == 0 then
				redis.call('HSET', hash, 'fresh', now + lease / 2)
				keep(id, hash, attempt, lease + ttl)
			end
			if ARGV[arg + 14] == '1' then
				redis.call('HSET', hash, 'released', 1)
				redis.call('XADD', control, 'MAXLEN', '~', 1000, '*', 'r', attempt, 'id', id)
			end
		end
	end
	results[at - 3] = result
end
return results
`);

/** KEYS: the index, control, the hash. ARGV: id, reason, ttl. It answers 1 if it was running. */
export const CANCEL = defineScript(`${COMMON}
local attempt, state = settle(ARGV[1], KEYS[4])
if state ~= 'running' then return 0 end
finish(ARGV[1], KEYS[4], attempt, 'cancelled', ARGV[2], ARGV[3])
redis.call('XADD', control, 'MAXLEN', '~', 1000, '*', 'a', attempt)
return 1
`);

/** KEYS: the index, control, the hash. ARGV: id, the attempt, lease, ttl. It answers the status, or nothing. */
export const ADOPT = defineScript(`${COMMON}
local id, hash, lease = ARGV[1], KEYS[4], tonumber(ARGV[3])
local attempt, state = settle(id, hash)
if attempt ~= ARGV[2] or state ~= 'running' or redis.call('HDEL', hash, 'released') == 0 then return nil end
redis.call('HINCRBY', hash, 'term', 1)
redis.call('HSET', hash, 'lease', now + lease, 'fresh', now + lease / 2, 'ttl', ARGV[4])
keep(id, hash, attempt, lease + ARGV[4])
return status(id, hash)
`);

/** KEYS: the index, control, the hash. ARGV: id. It answers the status, or nothing. */
export const SETTLE = defineScript(`${COMMON}
settle(ARGV[1], KEYS[4])
return status(ARGV[1], KEYS[4])
`);

/**
 * KEYS: the hash, the stream of the attempt. ARGV: the attempt, from which sequence on, how many chunks, and after how many bytes
 * there are enough. It answers 1 if there are no more, and chunks as XRANGE does; or nothing.
 */
export const READ_RUN = defineScript(`
if redis.call('HGET', KEYS[1], 'attempt') ~= ARGV[1] then return nil end
local first = redis.call('XREVRANGE', KEYS[2], ARGV[2] .. '-0', '-', 'COUNT', 1)
local from, chunks, bytes = first[1] and first[1][1] or '-', {}, 0
while #chunks < tonumber(ARGV[3]) and bytes < tonumber(ARGV[4]) do
	local some = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 4)
	for _, chunk in ipairs(some) do
		chunks[#chunks + 1] = chunk
		bytes = bytes + #chunk[2][2]
		from = string.gsub(chunk[1], '-%d+$', '-1')
	end
	if #some < 4 then return { 1, chunks } end
end
return { 0, chunks }
`);

/** KEYS: the index, control. ARGV: how many, and what the names of hashes begin with. It answers statuses, the newest first. */
export const LIST = defineScript(`${COMMON}
sweep()
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', started, 0, ARGV[1] - 1)) do
	local hash = ARGV[2] .. id
	settle(id, hash)
	local run = status(id, hash)
	if run then table.insert(found, run) end
end
return found
`);
