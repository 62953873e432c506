import type { EventLog, LogHost } from "../src/event-log/event-log.js";
import { createMemoryEventLog } from "../src/event-log/memory-event-log.js";
import type { Position } from "../src/wire/cursor.js";

/** A log in memory, with all its past positions. */
export function openLog(history: LogHost["history"]): {
	readonly log: EventLog;
	readonly had: Position[];
} {
	const log = createMemoryEventLog();
	const had: Position[] = [];
	const start = log.open({
		history,
		appendTimeoutMs: 0,
		deliver: ({ position }) => had.push(position),
		onBreak: () => {},
		obey: () => {},
		onError: (error) => {
			throw error;
		},
	});
	if (start instanceof Promise) throw new Error("it begins at once");
	had.push(start);
	return { log, had };
}
