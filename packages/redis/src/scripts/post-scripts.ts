/**
 * The scripts for the posts of processes, such as who is connected where: each is a text under a name, for a time. The process that
 * posted it may have ended, and nobody may read it, so each post and a periodic cleanup remove expired posts.
 *
 * 2.0.0 has no sorted set of expiry times. It reads and writes the same hash; the cleanup adds its posts to the set. The scripts
 * use only commands that the README of 2.0.0 asked operators to permit.
 */
import { defineScript } from "./script.js";

/** KEYS: the posts, a hash, each with its end before the text, and the names by their ends, a sorted set. */
const POSTS = `
local posts, ends = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function removeEnded()
	for _, name in ipairs(redis.call('ZRANGE', ends, '-inf', now, 'BYSCORE')) do
		local text = redis.call('HGET', posts, name)
		-- 2.0.0 may have posted it again.
		local stop = text and tonumber(string.match(text, '^%d+')) or now
		if stop > now then
			redis.call('ZADD', ends, stop, name)
		else
			redis.call('HDEL', posts, name)
			redis.call('ZREM', ends, name)
		end
	end
end
`;

/** KEYS: as POSTS. ARGV: the name, the text, its lifetime in milliseconds. */
export const POST = defineScript(`${POSTS}
local stop = now + ARGV[3]
redis.call('HSET', posts, ARGV[1], string.format('%.0f', stop) .. ' ' .. ARGV[2])
redis.call('ZADD', ends, stop, ARGV[1])
removeEnded()
`);

/** KEYS: as POSTS. Returns names and texts. */
export const POSTED = defineScript(`${POSTS}
removeEnded()
local found, up = redis.call('HGETALL', posts), {}
for at = 1, #found, 2 do
	local stop, text = string.match(found[at + 1], '^(%d+) (.*)$')
	if tonumber(stop) > now then
		table.insert(up, found[at])
		table.insert(up, text)
	end
end
return up
`);

/** KEYS: as POSTS. Reads the texts only while there are posts without an expiry time. */
export const TIDY_POSTS = defineScript(`${POSTS}
if redis.call('HLEN', posts) ~= redis.call('ZCARD', ends) then
	local found, known = redis.call('HGETALL', posts), {}
	for _, name in ipairs(redis.call('ZRANGE', ends, 0, -1)) do known[name] = true end
	for at = 1, #found, 2 do
		if not known[found[at]] then redis.call('ZADD', ends, now, found[at]) end
	end
end
removeEnded()
`);
