/**
 * The chain: the tag of an entry is computed from the tag before it and the entry's own. So a tag stands for the whole log up to
 * its entry. If a batch is sent again to a replica that lost events and
 * stored others in their place, it gets other tags there.
 */

/** Odd, so that multiplication modulo 2^32 is invertible: with the same own tag, different previous tags give different results. */
const FACTOR = 69_069;

const SIZE = 2 ** 32;

/** Two digits at a time: a third less work in Lua than single digits. */
const PAIRS = Array.from({ length: 36 ** 2 }, (_, pair) => toTag(pair).padStart(2, "0")).join("");

/** `chain` in Lua: `nextTag(own)` advances `tag`, a local of the script, by an entry. */
export const CHAIN = `
local sub, chained = string.sub, nil
local function pair(number)
	return sub('${PAIRS}', number * 2 + 1, number * 2 + 2)
end
local function nextTag(own)
	chained = ((chained or tonumber(tag, 36)) * ${FACTOR} + tonumber(own, 36)) % ${SIZE}
	local low = chained % ${36 ** 2}
	local left = (chained - low) / ${36 ** 2}
	local middle = left % ${36 ** 2}
	left = (left - middle) / ${36 ** 2}
	tag = (left < ${36 ** 2} and '' or '1') .. pair(left % ${36 ** 2}) .. pair(middle) .. pair(low)
	if left < 36 then tag = string.gsub(tag, '^0+(.)', '%1') end
end
`;

/** Computes an entry's tag from the tag before it and its own. All three are numbers below 2^32, in base 36. */
export function chain(before: string, own: string): string {
	return toTag((toNumber(before) * FACTOR + toNumber(own)) % SIZE);
}

/** Computes an entry's own tag from its tag and the tag before it: the inverse of `chain`. */
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
