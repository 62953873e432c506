/**
 * The scripts of what processes post, such as who is connected where: a text under a name, until its time is over.
 */
import { defineScript } from "./script.js";

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS: the posts. ARGV: the name, the text, for how many milliseconds. */
export const POST = defineScript(`${NOW}
redis.call('HSET', KEYS[1], ARGV[1], now + ARGV[3] .. ' ' .. ARGV[2])
`);

/** KEYS: the posts. It answers names and texts, and removes those whose time is over. */
export const POSTED = defineScript(`${NOW}
local found, up = redis.call('HGETALL', KEYS[1]), {}
for at = 1, #found, 2 do
	local deadline, text = string.match(found[at + 1], '^(%d+) (.*)$')
	if tonumber(deadline) > now then
		table.insert(up, found[at])
		table.insert(up, text)
	else
		redis.call('HDEL', KEYS[1], found[at])
	end
end
return up
`);
