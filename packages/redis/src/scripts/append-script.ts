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
const FIRST_ENTRY = 12;

/**
 * ARGV: as LOG; the writer, the batch's number, "1" where those before it are settled; how many events and bytes are kept;
 * for how long idempotency keys are, in milliseconds, and how many; the tag for which those of the entries were computed; a list
 * in JSON of what few entries have: the place among the entries, own id, idempotency key, the place in KEYS of its group, its key
 * there, how many of these are kept, "" if no entry has any; then for each entry its tag and its text.
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

local stamp = digits(now)
local function keepLatest(group, key, max, text)
	local latest, order = KEYS[group], KEYS[group + 1]
	redis.call('HSET', latest, key, idOf(sequence) .. ' ' .. tag .. ' ' .. stamp .. ' ' .. text)
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

local answer, more = { epoch, sequence, {}, tag }, {}
if ARGV[${FIRST_ENTRY - 1}] ~= '' then
	for _, each in ipairs(cjson.decode(ARGV[${FIRST_ENTRY - 1}])) do more[${FIRST_ENTRY} + each[1] * 2] = each end
end
local isExpected = tag == ARGV[${FIRST_ENTRY - 2}]
for at = ${FIRST_ENTRY}, #ARGV, 2 do
	local text, ownId, key, group, stateKey, max = ARGV[at + 1], false, false, 0
	if more[at] then ownId, key, group, stateKey, max = unpack(more[at], 2) end
	local first = key and (redis.call('HGET', known, key) or redis.call('HGET', knownBefore, key))
	if first then
		isExpected = false
		table.insert(answer[3], { (at - ${FIRST_ENTRY}) / 2, unpack(cmsgpack.unpack(first)) })
	else
		sequence = sequence + 1
		local before = tag
		if isExpected then tag = ARGV[at] else nextTag(at) end
		redis.call('XADD', log, idOf(sequence), 't', tag, 'p', before, 'a', stamp, 'b', digits(bytes), 'd', text)
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
