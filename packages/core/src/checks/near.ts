/**
 * What somebody may have meant: the known names that are near to one that is not known.
 */

const SLIPS = 2;

/** `; did you mean groupName or groups?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
	const near = known.filter((each) => isNear(name.toLowerCase(), each.toLowerCase()));
	return near.length === 0 ? "" : `; did you mean ${near.slice(0, 3).join(" or ")}?`;
}

/** A part of the other, or two letters more, less or other. */
function isNear(name: string, known: string): boolean {
	if (name.length < 3 || Math.abs(name.length - known.length) > known.length) return false;
	return known.includes(name) || name.includes(known) || distance(name, known) <= SLIPS;
}

/** Levenshtein's. */
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
