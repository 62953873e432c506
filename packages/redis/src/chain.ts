/**
 * The chain: the tag of an entry is computed from the tag before it and the entry's own. So a tag stands for the whole log up to
 * its entry. If a batch is sent again to a replica that lost events and stored others in their place, it gets other tags there.
 *
 * The process that appends computes the tags for the end of the log that it knows. Only if the log ends otherwise, because another
 * process has appended, does the script compute them again: in Lua that costs as much as a fifth of storing the entry.
 */

/** Odd, so that multiplication modulo 2^32 is invertible: with the same own tag, different previous tags give different results. */
const FACTOR = 69_069;

const SIZE = 2 ** 32;

/** Two digits at a time: a third less work in Lua than single digits. */
const PAIRS = Array.from({ length: 36 ** 2 }, (_, pair) => toTag(pair).padStart(2, "0")).join("");

/**
 * `chain` in Lua: `nextTag(at)` advances `tag`, a local of the script, by the entry whose tag is ARGV[at]. The tags in ARGV were
 * computed for another tag before them: an entry's own is computed from its tag there and from the one two places earlier.
 */
export const CHAIN = `
local chained
local function pair(number)
	number = number % ${36 ** 2} * 2
	return string.sub('${PAIRS}', number + 1, number + 2)
end
local function nextTag(at)
	local own = tonumber(ARGV[at], 36) - tonumber(ARGV[at - 2], 36) * ${FACTOR}
	chained = ((chained or tonumber(tag, 36)) * ${FACTOR} + own) % ${SIZE}
	local left = math.floor(chained / ${36 ** 2})
	tag = (left < ${36 ** 4} and '' or '1') .. pair(math.floor(left / ${36 ** 2})) .. pair(left) .. pair(chained)
	if left < ${36 ** 3} then tag = string.gsub(tag, '^0+(.)', '%1') end
end
`;

/** Computes the tags of entries from the tag before them and their own. All are numbers below 2^32, in base 36. */
export function chain(before: string, entries: readonly { readonly tag: string }[]): string[] {
	let number = toNumber(before);
	return entries.map(({ tag }) => {
		number = (number * FACTOR + toNumber(tag)) % SIZE;
		return toTag(number);
	});
}

/** Computes an entry's own tag from its tag and the tag before it: the inverse of {@link chain}. */
export function unchain(before: string, tag: string): string {
	const own = (toNumber(tag) - toNumber(before) * FACTOR) % SIZE;
	return toTag(own < 0 ? own + SIZE : own);
}

function toNumber(tag: string): number {
	return Number.parseInt(tag, 36);
}

function toTag(number: number): string {
	return number.toString(36);
}
