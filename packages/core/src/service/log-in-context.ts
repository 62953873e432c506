/**
 * Calls a shared event log in the context of the service: the log's connections, queues and timers outlive the request that
 * first needed them.
 */

import type { EventLog, SharedLog } from "../event-log/event-log.js";
import { Context } from "../pacing/context.js";

/** Wraps a log. What its calls start belongs to the async context of this call. */
export function inContext(log: EventLog): EventLog {
	const context = new Context();
	const { shared } = log;
	return {
		get position() {
			return log.position;
		},
		shared: shared && sharedInContext(shared, context),
		open: (host) => context.run(() => log.open(host)),
		append: (entry, deliver) => context.run(() => log.append(entry, deliver)),
		readAfter: (...from) => context.run(() => log.readAfter(...from)),
		readLatest: (reader) => context.run(() => log.readLatest(reader)),
		keepsLatest: (group) => log.keepsLatest(group),
		stats: () => log.stats(),
		close: () => context.run(() => log.close()),
	};
}

function sharedInContext(shared: SharedLog, context: Context): SharedLog {
	return {
		maxLagMs: shared.maxLagMs,
		tell: (command) => context.run(() => shared.tell(command)),
		health: () => shared.health(),
		...(shared.now && { now: () => shared.now?.() ?? Date.now() }),
		...(shared.had && { had: (position) => shared.had?.(position) === true }),
		current: () => context.run(() => shared.current()),
		post: (...text) => context.run(() => shared.post(...text)),
		posted: () => context.run(() => shared.posted()),
	};
}
