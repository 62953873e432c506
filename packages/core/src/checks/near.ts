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
	return known.includes(name) || name.includes(known) || isWithin(SLIPS, name, known);
}

/** Whether a number of inserted, left out and changed letters turns one name into the other. */
function isWithin(slips: number, one: string, other: string): boolean {
	if (one === other) return true;
	if (slips === 0) return false;
	let at = 0;
	while (at < one.length && one[at] === other[at]) at++;
	const [rest, otherRest] = [one.slice(at), other.slice(at)];
	return (
		isWithin(slips - 1, rest.slice(1), otherRest.slice(1)) ||
		isWithin(slips - 1, rest.slice(1), otherRest) ||
		isWithin(slips - 1, rest, otherRest.slice(1))
	);
}
