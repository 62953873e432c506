/** Which faults a run has. */

/** @throws when there is no fault with one of the names */
export function chooseFaults<Fault extends { readonly name: string }>(
	faults: readonly Fault[],
	only: readonly string[] | undefined,
): readonly Fault[] {
	if (only === undefined) return faults;
	return only.map((name) => {
		const fault = faults.find((each) => each.name === name);
		if (fault !== undefined) return fault;
		const names = faults.map((each) => each.name).join(", ");
		throw new Error(`There is no fault ${name}: there are ${names}`);
	});
}
