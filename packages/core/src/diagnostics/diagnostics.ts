/**
 * Diagnostics: the one place that records what happens in a service. Counts it and publishes it on the channels. Deliveries to
 * single connections of a fan-out are only counted.
 */
import type { ErrorStage } from "../types/callbacks.js";
import type { CloseReason, SSEConnection } from "../types/connection.js";
import type { GapReason, ResumeOutcome } from "../types/history.js";
import type { LogHealth, SSEStats } from "../types/stats.js";
import { readTraceparent } from "../wire/traceparent.js";
import { channels, heard, type PublishTrace, tracing } from "./channels.js";

type Tally = Record<string, number>;

/** Why a connection did not receive an event. */
export type DropCause = "volatile" | "drop-oldest" | "drop-newest" | "conflate";

// Applications can set their own close reasons. Beyond this many they are counted together.
const MAX_REASONS = 64;

type Figures = Omit<SSEStats, "connections" | "clients" | "groups" | "history">;

/** The flush: calls `flush` when everything that was scheduled before has been flushed. */
interface Flush {
	schedule(last: { flush(): number }): void;
}

/** An event of the log, and what a shared log knows. */
interface Arrived {
	readonly at: number;
	readonly position: object;
}
interface Followed {
	now?(): number;
	health(): Pick<LogHealth, "behind">;
}

export class Diagnostics {
	readonly #service: object;
	readonly #flush: Flush;
	#outageSince: number | undefined;
	#connectionsOpened = 0;
	#eventsSent = 0;
	#bytesSent = 0;
	#errors = 0;
	// Reasons are data. Without a prototype, `__proto__` is an ordinary key.
	readonly #drops: Tally = Object.create(null);
	readonly #closes: Tally = Object.create(null);
	readonly #resumes: Tally = Object.create(null);

	/** @param service the owner; part of every message, so that subscribers can tell services apart */
	constructor(service: object, flush: Flush) {
		this.#service = service;
		this.#flush = flush;
	}

	opened(connection: SSEConnection): void {
		this.#connectionsOpened++;
		heard(channels.open)?.publish({ service: this.#service, connection });
	}

	closed(connection: SSEConnection, reason: CloseReason): void {
		count(this.#closes, reason);
		heard(channels.close)?.publish({ service: this.#service, connection, reason });
	}

	/** An event was handed to a number of connections. `traceparent`: of its `publish` */
	sent(
		target: object,
		frame: { readonly byteLength: number },
		connections: number,
		traceparent: string | undefined,
	): void {
		const send = heard(channels.send);
		const deliver = heard(channels.deliver);
		if (send === undefined && deliver === undefined) return;
		const { byteLength } = frame;
		const message = { service: this.#service, target, byteLength, connections, traceparent };
		send?.publish({ ...message, frame });
		if (connections === 0 || deliver === undefined) return;
		const since = performance.now();
		this.#flush.schedule({
			flush: () => {
				deliver.publish({ ...message, durationMs: performance.now() - since });
				return 0;
			},
		});
	}

	/** A connection took events. */
	delivered(events: number): void {
		this.#eventsSent += events;
	}

	wrote(byteLength: number): void {
		this.#bytesSent += byteLength;
	}

	dropped(connection: object, cause: DropCause): void {
		count(this.#drops, cause);
		heard(channels.drop)?.publish({ service: this.#service, connection, cause });
	}

	/** A client reconnected with a last event ID. */
	resumed(connection: object, outcome: ResumeOutcome): void {
		count(this.#resumes, outcome);
		heard(channels.resume)?.publish({ service: this.#service, connection, outcome });
		if (outcome !== "replayed" && outcome !== "recovered") this.gapped(connection, outcome);
	}

	/** A connection is sent a gap. */
	gapped(connection: object, reason: GapReason): void {
		heard(channels.gap)?.publish({ service: this.#service, connection, reason });
	}

	/** Call before an append to the event log. @returns what to call with its result; `undefined` without a subscriber */
	appending(target: object): ((appended: object | Promise<object>) => void) | undefined {
		const append = heard(channels.append);
		if (append === undefined) return undefined;
		const since = performance.now();
		const publish = (outcome: object): void => {
			const durationMs = performance.now() - since;
			append.publish({ service: this.#service, target, durationMs, ...outcome });
		};
		return (appended) => {
			if (!("then" in appended)) publish({ position: appended });
			else
				appended.then(
					(position) => publish({ position }),
					(error: unknown) => publish({ error }),
				);
		};
	}

	/** An event of a shared log has arrived here. */
	arrived({ at, position }: Arrived, log: Followed | undefined, isOwn: boolean): void {
		const lag = heard(channels.lag);
		if (lag === undefined || log?.now === undefined) return;
		const lagMs = Math.max(0, log.now() - at);
		const { behind } = log.health();
		lag.publish({ service: this.#service, position, lagMs, behind, isOwn });
	}

	/** An outage of the event log began, or is over: then there is no `error`. */
	outage(error: unknown): void {
		const now = performance.now();
		this.#outageSince ??= now;
		const durationMs = now - this.#outageSince;
		const isOver = error === undefined;
		if (isOver) this.#outageSince = undefined;
		heard(channels.outage)?.publish({ service: this.#service, error, isOver, durationMs });
	}

	/** A tool in another process has sent a text to its like here. */
	signalled({ topic, text }: { readonly topic: string; readonly text: string }): void {
		heard(channels.signal)?.publish({ service: this.#service, topic, text });
	}

	/** Whether `publish` is traced. */
	get isTraced(): boolean {
		return tracing?.hasSubscribers === true;
	}

	/** Runs a `publish` between the messages of the tracing channel. */
	trace<Published>(
		target: unknown,
		options: object | undefined,
		publish: (traceparent: string | undefined) => Promise<Published>,
	): Promise<Published> {
		const context: PublishTrace = { service: this.#service, target, options };
		const work = (): Promise<Published> => publish(readTraceparent(context.traceparent));
		return tracing?.tracePromise(work, context) ?? work();
	}

	failed(error: unknown, stage: ErrorStage): void {
		this.#errors++;
		heard(channels.error)?.publish({ service: this.#service, error, stage });
	}

	/** The service began to end its connections over `drainMs` milliseconds. */
	draining(connections: number, drainMs: number): void {
		heard(channels.drain)?.publish({ service: this.#service, connections, drainMs });
	}

	/** Returns the current figures. */
	snapshot(): Figures {
		return {
			connectionsOpened: this.#connectionsOpened,
			eventsSent: this.#eventsSent,
			bytesSent: this.#bytesSent,
			errors: this.#errors,
			drops: { ...this.#drops },
			closes: { ...this.#closes },
			resumes: { ...this.#resumes },
		};
	}
}

function count(tally: Tally, reason: string): void {
	const key = reason in tally || Object.keys(tally).length < MAX_REASONS ? reason : "other";
	tally[key] = (tally[key] ?? 0) + 1;
}
