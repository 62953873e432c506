/**
 * An arrival: what is in a text of the log, as it comes out of an engine.
 */
import type { Command } from "./command.js";
import type { Stored } from "./log-engine.js";
import { decodeLogged } from "./log-format.js";
import { LogRecord } from "./record.js";

interface Arrival {
	/** Which process appended it. */
	readonly writer: string;
	/** One of both. */
	readonly record?: LogRecord | undefined;
	readonly command?: Command | undefined;
}

/** @returns `undefined` when it is neither an event nor a command: somebody else's, or of a later version */
export function readArrival(
	{ sequence, tag, at, text }: Stored,
	epoch: string,
): Arrival | undefined {
	const { writer, entry, command } = decodeLogged(text) ?? {};
	if (writer === undefined) return undefined;
	if (entry === undefined) return { writer, command };
	try {
		return { writer, record: new LogRecord({ epoch, sequence, tag }, entry, at) };
	} catch {
		// Its lines are together longer than a string can be.
		return undefined;
	}
}
