/**
 * Positions in the log, parsed from ids of events. Parsed here again, so that the checker uses no code that it checks.
 */

export interface Position {
	readonly epoch: string;
	readonly sequence: number;
	readonly tag: string;
}

// After `^` comes a later position, whose event replaces skipped ones.
const ID = /^v1\.([\w-]+)\.([0-9a-z]+)\.([\w-]+)(~?)(?:\^[0-9a-z]+\.[\w-]+)?(?:;(.*))?$/;

/** @returns `undefined` when it is not an id of the log */
export function parseId(id: string): Position | undefined {
	const [, epoch, digits, tag] = ID.exec(id) ?? [];
	if (epoch === undefined || digits === undefined || tag === undefined) return undefined;
	return { epoch, sequence: Number.parseInt(digits, 36), tag };
}

/** Whether it says that newest events of groups are still to come. */
export function isPartialId(id: string): boolean {
	return ID.exec(id)?.[4] === "~";
}

/** The application's own id in it. */
export function ownIdOf(id: string): string | undefined {
	return ID.exec(id)?.[5];
}

export function nameOf({ epoch, sequence, tag }: Position): string {
	return `${epoch.slice(0, 6)}:${sequence}:${tag}`;
}
