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

local function idOf(number)
	return string.format('%.0f-0', number)
end

-- Whether the newest events of a group are not those that the head knows of.
local function isLost(latest, order)
	local size = tonumber(redis.call('HGET', head, latest))
	local found, ordered = redis.call('HLEN', latest), redis.call('ZCARD', order)
	return size and (found ~= size or ordered ~= size)
end

-- Removes the events before the first of which the field at a place is at least so much.
local function trim(place, least)
	local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
	if not first or tonumber(first[2][place]) >= least then return end
	local low, high = tonumber(string.match(first[1], '^%d+')) + 1, sequence + 1
	while low < high do
		local middle = math.floor((low + high) / 2)
		local entry = redis.call('XRANGE', log, idOf(middle), '+', 'COUNT', 1)[1]
		if entry and tonumber(entry[2][place]) < least then
			low = tonumber(string.match(entry[1], '^%d+')) + 1
		else
			high = middle
		end
	end
	redis.call('XTRIM', log, 'MINID', idOf(low))
end

local function trimByAge(maxAge)
	trim(6, now - maxAge)
end

-- More than enough goes, so that it is looked for seldom.
local function trimByBytes(max)
	if bytes - trimmed <= max then return end
	local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
	trimmed = first and tonumber(first[2][8]) or bytes
	if bytes - trimmed <= max then return end
	trimmed = bytes - math.floor(max * 15 / 16)
	trim(8, trimmed)
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

local writer, number, isNext = ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local slot = writer .. ':' .. number % 64

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

local answer = { epoch, sequence, {} }
for at = 10, #ARGV, 3 do
	local text, more = ARGV[at + 1], ARGV[at + 2]
	local ownId, key, group, stateKey, max = false, false, 0
	if more ~= '' then ownId, key, group, stateKey, max = unpack(cjson.decode(more)) end
	local first = key and (redis.call('HGET', known, key) or redis.call('HGET', knownBefore, key))
	if first then
		table.insert(answer[3], { (at - 10) / 3, unpack(cmsgpack.unpack(first)) })
	else
		sequence = sequence + 1
		redis.call('XADD', log, idOf(sequence), 't', ARGV[at], 'p', tag, 'a', now, 'b', bytes, 'd', text)
		tag = ARGV[at]
		bytes = bytes + #text + 64
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
