/**
 * The scripts that read the log, and the one that cleans it up.
 */
import { LOG } from "./log-prelude.js";
import { defineScript } from "./script.js";

/** How long the answers to a writer are remembered after its last batch. */
const WRITER_MS = 3_600_000;

/** The minimum time between two cleanups of writers, however many processes there are. */
const SWEEP_MS = 60_000;

/** As LOG. Returns the epoch, sequence and tag of the newest event, and the time. */
export const NEWEST = defineScript(`${LOG}
-- A replica refuses it: what is newest there may not be the newest.
redis.call('HDEL', head, '')
-- A stream that continues behind the end that the head knows, or has another event there, is not its own.
if redis.call('EXISTS', log) == 1 then
	local stream, last = redis.call('XINFO', 'STREAM', log), 0
	for at = 1, #stream, 2 do
		if stream[at] == 'last-generated-id' then last = tonumber(string.match(stream[at + 1], '^%d+')) end
	end
	local newest = redis.call('XRANGE', log, idOf(sequence), idOf(sequence))[1]
	if last > sequence or (newest and newest[2][2] ~= tag) then begin() end
end
return { epoch, sequence, tag, now }
`);

/**
 * KEYS: the stream. ARGV: the first sequence, the maximum number of entries, and the number of bytes after which to stop. Returns
 * entries like XRANGE.
 */
export const READ = defineScript(`
local next, left, bytes, found = ARGV[1] .. '-0', tonumber(ARGV[2]), tonumber(ARGV[3]), {}
while left > 0 and bytes > 0 do
	local page = redis.call('XRANGE', KEYS[1], next, '+', 'COUNT', math.min(left, 32))
	if #page == 0 then break end
	for _, entry in ipairs(page) do
		if bytes <= 0 then return found end
		table.insert(found, entry)
		bytes = bytes - #entry[2][#entry[2]]
		next = '(' .. entry[1]
	end
	left = left - #page
end
return found
`);

/** As LOG, and one group. Returns its newest events, in order: id, tag, time and text, separated by spaces. */
export const LATEST = defineScript(`${LOG}
local latest, order = KEYS[6], KEYS[7]
if isLost(latest, order) then
	begin()
	return redis.error_reply('SSELOST newest events of a group are gone')
end
-- Those of the log before this one, if there are any.
if not redis.call('HGET', head, latest) then return {} end
local found, size = {}, redis.call('ZCARD', order)
for at = 0, size - 1, 1000 do
	for _, value in ipairs(redis.call('HMGET', latest, unpack(redis.call('ZRANGE', order, at, at + 999)))) do
		table.insert(found, value)
	end
end
return found
`);

/** As LOG; how old events become, for how long idempotency keys are kept, both in milliseconds, and how many of these. */
export const TIDY = defineScript(`${LOG}
trimByAge(tonumber(ARGV[3]))
forget(tonumber(ARGV[4]), tonumber(ARGV[5]))
local swept = tonumber(redis.call('HGET', head, 'swept'))
if swept and now - swept < ${SWEEP_MS} then return end
redis.call('HSET', head, 'swept', now)
local found, gone = redis.call('HGETALL', writers), {}
for at = 1, #found, 2 do
	local last = string.match(found[at + 1], '^%d+ (%d+)$')
	if not string.find(found[at], ':') and now - tonumber(last) > ${WRITER_MS} then gone[found[at]] = true end
end
for at = 1, #found, 2 do
	if gone[string.match(found[at], '^[^:]+')] then redis.call('HDEL', writers, found[at]) end
end
`);
