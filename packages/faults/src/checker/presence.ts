/**
 * Presence: what a process says of who is connected to any of them. It may be late, so it is asked until it is right.
 */

/** A client as a process lists it. */
export interface Listed {
	readonly clientId: string;
	readonly connections: number;
}

/**
 * @param open how many streams each of those has that neither come nor go just now
 * @param known all that ever connect
 * @returns what is wrong with a list
 */
export function objectionsTo(
	list: readonly Listed[],
	open: ReadonlyMap<string, number>,
	known: readonly string[],
): readonly string[] {
	const listed = new Map(list.map(({ clientId, connections }) => [clientId, connections]));
	const strangers = [...listed.keys()].filter((clientId) => !known.includes(clientId));
	return [
		...strangers.map((clientId) => `lists ${clientId}, which is no client`),
		...[...open].flatMap(([clientId, streams]) => {
			const found = listed.get(clientId) ?? 0;
			return found === streams
				? []
				: [`lists ${found} streams of ${clientId}, which has ${streams}`];
		}),
	];
}
