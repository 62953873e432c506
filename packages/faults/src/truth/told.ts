/**
 * What processes were told to do with the groups of a client: a command of the log, once it is stored.
 */

export interface Told {
	readonly do: "join" | "leave";
	readonly clientId: string;
	readonly group: string;
	/** The port of the process that was told, which does it at once. The others do it in the order of the log. */
	readonly process: number;
}

/** A second group of each command, which only names it. */
const NAME = /^told (\d+)$/;

export function nameOfTold(id: number): string {
	return `told ${id}`;
}

/** @returns the id of the command whose groups these are; `undefined` when it is none of ours */
export function toldIn(groups: readonly unknown[]): number | undefined {
	for (const group of groups) {
		const [, digits] = NAME.exec(String(group)) ?? [];
		if (digits !== undefined) return Number(digits);
	}
	return undefined;
}
