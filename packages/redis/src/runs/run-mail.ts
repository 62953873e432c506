/**
 * What followers receive. Each process has one inbox in Redis, a stream, for all runs that it follows: so it waits for one key,
 * however many runs these are. A script that adds chunks to runs also puts them into the inboxes of the followers, all of one
 * process in one letter. The run itself remains the truth: a follower reads from it what is too long for a letter, and
 * everything once its inbox is gone.
 *
 * A follower is `<inbox>/<number>`: the number says for which time the process follows the run, so that its leaving cannot undo
 * a later return. An inbox that nobody reads expires, and those who write then forget the follower.
 */
import { defineScript } from "../scripts/script.js";

/** How long an inbox stays without its process. */
const INBOX_MS = 10_000;
/** The name of what an inbox begins with. */
export const FIRST_LETTER = "0-1";
/** What a letter may carry, in bytes. Of a longer chunk it only says that it is there. */
const LETTER_BYTES = 32 * 1024;
/** Letters that an inbox may have. Then it is removed: its process does not read. */
const MAX_LETTERS = 2_048;

const LEAVE = `
local function leave(hash, follower)
	local others = {}
	for each in string.gmatch(redis.call('HGET', hash, 'followers') or '', '%S+') do
		if each ~= follower then others[#others + 1] = each end
	end
	if #others == 0 then redis.call('HDEL', hash, 'followers')
	else redis.call('HSET', hash, 'followers', table.concat(others, ' ')) end
end
`;

/** Functions of the scripts that add chunks. A letter has a line for each: the attempt, the sequence of its first entry, its text. */
export const MAIL = `${LEAVE}
local letters = {}

local function post(inbox)
	local letter = letters[inbox]
	if letter and #letter > 0 then redis.call('XADD', inbox, '*', 'l', table.concat(letter, '\\n')) end
	letters[inbox] = letter and { bytes = 0 }
end

local function tell(hash, attempt, followers, from, chunk)
	for follower, name in string.gmatch(followers or '', '((%S+)/%d+)') do
		local inbox = control .. ':' .. name
		if letters[inbox] == nil then
			local length = redis.call('XLEN', inbox)
			if length > ${MAX_LETTERS} then redis.call('DEL', inbox) end
			letters[inbox] = length > 0 and length <= ${MAX_LETTERS} and { bytes = 0 }
		end
		if letters[inbox] then
			local text = #chunk > ${LETTER_BYTES} and '' or chunk
			if letters[inbox].bytes + #text > ${LETTER_BYTES} then post(inbox) end
			local letter = letters[inbox]
			letter.bytes = letter.bytes + #text
			letter[#letter + 1] = attempt .. ' ' .. from .. ' ' .. text
		else
			leave(hash, follower)
		end
	end
end

local function send()
	for inbox in pairs(letters) do post(inbox) end
	letters = {}
end
`;

/**
 * KEYS: the hash, the stream of the attempt, the inbox. ARGV: the attempt, from which sequence on, how many chunks, after how
 * many bytes there are enough, the follower ('' for none). It answers 1 if there are no more, 1 if what comes goes to the
 * follower, and chunks as XRANGE does; or nothing, which a replica refuses to say.
 */
export const READ_RUN = defineScript(`
local run = redis.call('HMGET', KEYS[1], 'attempt', 'state', 'followers')
if run[1] ~= ARGV[1] then
	redis.call('HDEL', KEYS[1], '')
	return nil
end
local first = redis.call('XREVRANGE', KEYS[2], ARGV[2] .. '-0', '-', 'COUNT', 1)
local from, chunks, bytes = first[1] and first[1][1] or '-', {}, 0
while #chunks < tonumber(ARGV[3]) and bytes < tonumber(ARGV[4]) do
	local some = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 4)
	for _, chunk in ipairs(some) do
		chunks[#chunks + 1] = chunk
		bytes = bytes + #chunk[2][2]
		from = string.gsub(chunk[1], '-%d+$', '-1')
	end
	if #some < 4 then
		if ARGV[5] == '' or redis.call('EXISTS', KEYS[3]) == 0 then return { 1, 0, chunks } end
		local followers = run[3] or ''
		-- Nothing comes after an end.
		if run[2] == 'running' and not string.find(' ' .. followers .. ' ', ' ' .. ARGV[5] .. ' ', 1, true) then
			redis.call('HSET', KEYS[1], 'followers', followers .. ' ' .. ARGV[5])
		end
		return { 1, 1, chunks }
	end
end
return { 0, 0, chunks }
`);

/** KEYS: the hash. ARGV: the attempt, the follower. */
export const LEAVE_RUN = defineScript(`${LEAVE}
if redis.call('HGET', KEYS[1], 'attempt') == ARGV[1] then leave(KEYS[1], ARGV[2]) end
`);

/** KEYS: an inbox. It opens it. */
export const OPEN_INBOX = defineScript(`
redis.call('XADD', KEYS[1], '${FIRST_LETTER}', 'l', '')
redis.call('PEXPIRE', KEYS[1], ${INBOX_MS})
`);

/** KEYS: an inbox. ARGV: the letter up to which it was read. It answers 0 if the inbox is gone. */
export const KEEP_INBOX = defineScript(`
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ${INBOX_MS})
`);
