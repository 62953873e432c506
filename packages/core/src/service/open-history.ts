/**
 * Opens the history of a service, in memory or on the event log that the application passed.
 */
import type { Connection } from "../connection/connection.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import { createMemoryEventLog } from "../event-log/memory-event-log.js";
import { History, type HistoryHost } from "../history/history.js";
import type { Registry } from "../registry/registry.js";
import { AppRecovery } from "./app-recovery.js";
import type { Callbacks } from "./callbacks.js";
import type { Delivery } from "./delivery.js";
import { inContext } from "./log-in-context.js";
import type { ResolvedOptions } from "./options.js";

/** The parts of the service that its history needs. */
interface HistoryParts {
	readonly diagnostics: Diagnostics;
	readonly registry: Registry;
	readonly delivery: Delivery;
	readonly callbacks: Callbacks;
	readonly obey: HistoryHost["obey"];
}

/** @returns `undefined` if the service keeps none @throws `ERR_SSE_INVALID_OPTION` */
export function openHistory(
	options: ResolvedOptions,
	{ diagnostics, registry, delivery, callbacks, obey }: HistoryParts,
): History | undefined {
	const { history, eventLog } = options;
	if (history === false) return undefined;
	const log = eventLog === undefined ? createMemoryEventLog() : inContext(eventLog);
	return new History(
		log,
		{ ...options, history },
		{
			diagnostics,
			delivery,
			recovery: new AppRecovery(registry, options),
			has: (connection: Connection) => registry.includes(connection),
			connections: () => registry.connections(),
			obey,
			onError: callbacks.onError,
		},
	);
}
