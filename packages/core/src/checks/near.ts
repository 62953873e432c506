/**
 * Suggestions for an unknown name: the known names that are similar.
 */

const SLIPS = 2;

/** Returns `; did you mean groupName or groups?`, or an empty string. */
export function didYouMean(name: string, known: readonly string[]): string {
	const near = known.filter((each) => isNear(name.toLowerCase(), each.toLowerCase()));
	return near.length === 0 ? "" : `; did you mean ${near.slice(0, 3).join(" or ")}?`;
}

/** Whether one name contains the other, or they differ by at most two letters. */
function isNear(name: string, known: string): boolean {
	if (name.length < 3 || Math.abs(name.length - known.length) > known.length) return false;
	return known.includes(name) || name.includes(known) || distance(name, known) <= SLIPS;
}

/** The Levenshtein distance. */
function distance(one: string, other: string): number {
	let above = Array.from({ length: other.length + 1 }, (_, index) => index);
	for (const [row, letter] of [...one].entries()) {
		const line = [row + 1];
		for (let column = 0; column < other.length; column++) {
			const { [column]: corner = 0, [column + 1]: top = 0 } = above;
			const changed = corner + (letter === other[column] ? 0 : 1);
			line.push(Math.min(changed, top + 1, (line[column] ?? 0) + 1));
		}
		above = line;
	}
	return above[other.length] ?? 0;
}
