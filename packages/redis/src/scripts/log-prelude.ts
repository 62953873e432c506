/**
 * The beginning of every script on the log: reads the head, or creates it if it is missing. A script runs atomically, so what it
 * has read stays true until it ends.
 *
 * The head makes the other keys a log: without it they belong to none, and are deleted when a log is created. So whichever key
 * is lost, the rest is never mistaken for a log that continues. Without its head a log is recreated; without its stream it
 * counts as trimmed; and without a group's newest events, whose loss nothing else would show, it is recreated as well.
 */

/** The indexes of an entry's fields `a` (when it was stored) and `b` (bytes before it). */
const AT = 6;
const BYTES = 8;

/**
 * KEYS: the head, the stream, the idempotency keys, those before them, the writers; then two for each group.
 *
 * `digits` prints an integer. Redis itself, and `%.0f`, print it as a fraction, at several times the cost; `%d` has 32 bits on some
 * systems.
 *
 * ARGV: the format, the epoch of a log that has to be created.
 */
export const LOG = `
local head, log, known, knownBefore, writers = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local format, epoch, sequence, tag, bytes, trimmed = unpack(
	redis.call('HMGET', head, 'format', 'epoch', 'sequence', 'tag', 'bytes', 'trimmed')
)
if format and format ~= ARGV[1] then return redis.error_reply('SSEFORMAT ' .. format) end

-- What is somebody else's is seen before anything is written.
local function checkTypes()
	redis.call('XLEN', log)
	for _, hash in ipairs({ known, knownBefore, writers }) do redis.call('HLEN', hash) end
end

local function begin()
	checkTypes()
	redis.call('UNLINK', head, log, known, knownBefore, writers)
	epoch, sequence, tag, bytes, trimmed = ARGV[2], 0, '0', 0, 0
	redis.call('HSET', head, 'format', ARGV[1], 'epoch', epoch, 'sequence', 0, 'tag', tag, 'bytes', 0, 'trimmed', 0)
end
if format then
	sequence, bytes, trimmed = tonumber(sequence), tonumber(bytes), tonumber(trimmed)
else
	begin()
end

local function digits(number)
	local low = number % 1e9
	if low == number then return string.format('%d', low) end
	return string.format('%d%09d', (number - low) / 1e9, low)
end

local function idOf(number)
	return digits(number) .. '-0'
end

-- Whether the newest events of a group are not those that the head knows of.
local function isLost(latest, order)
	local size = tonumber(redis.call('HGET', head, latest))
	local found, ordered = redis.call('HLEN', latest), redis.call('ZCARD', order)
	return size and (found ~= size or ordered ~= size)
end

-- The field of an entry at a place. An entry that is not the log's has none, and is the first to go.
local function fieldOf(entry, place)
	return tonumber(entry[2][place]) or 0
end

-- Removes the events before the first of which the field at a place is at least so much.
local function trim(place, least)
	local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
	if not first or fieldOf(first, place) >= least then return end
	local low, high = tonumber(string.match(first[1], '^%d+')) + 1, sequence + 1
	while low < high do
		local middle = math.floor((low + high) / 2)
		local entry = redis.call('XRANGE', log, idOf(middle), '+', 'COUNT', 1)[1]
		if entry and fieldOf(entry, place) < least then
			low = tonumber(string.match(entry[1], '^%d+')) + 1
		else
			high = middle
		end
	end
	redis.call('XTRIM', log, 'MINID', idOf(low))
end

local function trimByAge(maxAge)
	trim(${AT}, now - maxAge)
end

-- More than enough goes, so that it is looked for seldom.
local function trimByBytes(max)
	if bytes - trimmed <= max then return end
	local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
	trimmed = first and fieldOf(first, ${BYTES}) or bytes
	if bytes - trimmed <= max then return end
	trimmed = bytes - math.floor(max * 15 / 16)
	trim(${BYTES}, trimmed)
end

-- Idempotency keys are kept in two parts, and the older goes as a whole.
local function forget(ttl, max)
	local since = tonumber(redis.call('HGET', head, 'known'))
	if since and now - since < ttl and redis.call('HLEN', known) < max then return end
	if redis.call('EXISTS', known) == 1 then
		redis.call('RENAME', known, knownBefore)
	else
		redis.call('UNLINK', knownBefore)
	end
	redis.call('HSET', head, 'known', now)
end
`;
