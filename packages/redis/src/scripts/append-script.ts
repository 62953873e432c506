/**
 * The script that appends a batch: atomically, in order, and once, however often it is sent.
 */
import { CHAIN } from "../chain.js";
import { LOG } from "./log-prelude.js";
import { defineScript } from "./script.js";

// The number of answers remembered per writer. Fewer batches are pending at a time.
const ANSWERS = 64;

/** Approximate overhead of an entry. */
export const OVERHEAD_BYTES = 64;

/** Before the entries in ARGV. */
const FIRST_ENTRY = 10;

/**
 * ARGV: as LOG; the writer, the batch's number, "1" where those before it are settled; how many events and bytes are kept;
 * for how long idempotency keys are, in milliseconds, and how many; then for each entry its tag, its text, and JSON: own
 * id, idempotency key, the place in KEYS of its group, its key there, how many of these are kept. "" if it has none.
 *
 * Returns the epoch, the sequence before the first that was stored, of each entry that was known before its place among
 * the entries, sequence, tag and own id, and the tag before the first that was stored.
 */
export const APPEND = defineScript(`${LOG}${CHAIN}
local writer, number, isNext = ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local slot = writer .. ':' .. number % ${ANSWERS}

-- A client may send what it has sent before, when it was not answered: then it is stored already.
local last = tonumber(string.match(redis.call('HGET', writers, writer) or '0', '^%d+'))
if number <= last then
	local answer = redis.call('HGET', writers, slot)
	answer = answer and cmsgpack.unpack(answer)
	if answer and answer[1] == number then return answer[2] end
	return redis.error_reply('SSELATE it came after what was to come after it')
end
if number ~= last + 1 and not isNext then return redis.error_reply('SSEEARLY') end

checkTypes()
for group = 6, #KEYS, 2 do
	if isLost(KEYS[group], KEYS[group + 1]) then
		begin()
		break
	end
end
for group = 6, #KEYS, 2 do
	-- Of the log before this one.
	if not redis.call('HGET', head, KEYS[group]) then redis.call('UNLINK', KEYS[group], KEYS[group + 1]) end
end

local function keepLatest(group, key, max, text)
	local latest, order = KEYS[group], KEYS[group + 1]
	redis.call('HSET', latest, key, idOf(sequence) .. ' ' .. tag .. ' ' .. now .. ' ' .. text)
	redis.call('ZADD', order, sequence, key)
	local size = redis.call('ZCARD', order)
	if size > max then
		for _, oldest in ipairs(redis.call('ZRANGE', order, 0, size - max - 1)) do
			redis.call('HDEL', latest, oldest)
			redis.call('ZREM', order, oldest)
		end
	end
	redis.call('HSET', head, latest, redis.call('ZCARD', order))
end

local answer = { epoch, sequence, {}, tag }
for at = ${FIRST_ENTRY}, #ARGV, 3 do
	local text, more = ARGV[at + 1], ARGV[at + 2]
	local ownId, key, group, stateKey, max = false, false, 0
	if more ~= '' then ownId, key, group, stateKey, max = unpack(cjson.decode(more)) end
	local first = key and (redis.call('HGET', known, key) or redis.call('HGET', knownBefore, key))
	if first then
		table.insert(answer[3], { (at - ${FIRST_ENTRY}) / 3, unpack(cmsgpack.unpack(first)) })
	else
		sequence = sequence + 1
		local before = tag
		nextTag(ARGV[at])
		redis.call('XADD', log, idOf(sequence), 't', tag, 'p', before, 'a', now, 'b', bytes, 'd', text)
		bytes = bytes + #text + ${OVERHEAD_BYTES}
		if key then
			forget(tonumber(ARGV[8]), tonumber(ARGV[9]))
			redis.call('HSET', known, key, cmsgpack.pack({ sequence, tag, ownId }))
		end
		if group > 0 then keepLatest(group, stateKey, max, text) end
	end
end

redis.call('XTRIM', log, 'MAXLEN', '~', ARGV[6])
trimByBytes(tonumber(ARGV[7]))
redis.call('HSET', head, 'sequence', sequence, 'tag', tag, 'bytes', bytes, 'trimmed', trimmed)
redis.call('HSET', writers, writer, number .. ' ' .. now, slot, cmsgpack.pack({ number, answer }))
return answer
`);
