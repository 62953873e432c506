/**
 * Diagnostics: the one place that records what happens in a service. Counts it and publishes it on the channels. Deliveries to
 * single connections of a fan-out are only counted.
 */
import type { ErrorStage } from "../types/callbacks.js";
import type { CloseReason, SSEConnection } from "../types/connection.js";
import type { ResumeOutcome } from "../types/history.js";
import type { SSEStats } from "../types/stats.js";
import { channels } from "./channels.js";

type Tally = Record<string, number>;

/** Why a connection did not receive an event. */
export type DropCause = "volatile" | "drop-oldest" | "drop-newest" | "conflate";

// Applications can set their own close reasons. Beyond this many they are counted together.
const MAX_REASONS = 64;

type Figures = Omit<SSEStats, "connections" | "clients" | "groups" | "history">;

export class Diagnostics {
	readonly #service: object;
	#connectionsOpened = 0;
	#eventsSent = 0;
	#bytesSent = 0;
	#errors = 0;
	// Reasons are data. Without a prototype, `__proto__` is an ordinary key.
	readonly #drops: Tally = Object.create(null);
	readonly #closes: Tally = Object.create(null);
	readonly #resumes: Tally = Object.create(null);

	/** @param service the owner; part of every message, so that subscribers can tell services apart */
	constructor(service: object) {
		this.#service = service;
	}

	opened(connection: SSEConnection): void {
		this.#connectionsOpened++;
		if (channels.open?.hasSubscribers) {
			channels.open.publish({ service: this.#service, connection });
		}
	}

	closed(connection: SSEConnection, reason: CloseReason): void {
		count(this.#closes, reason);
		if (channels.close?.hasSubscribers) {
			channels.close.publish({ service: this.#service, connection, reason });
		}
	}

	/** An event was handed to a number of connections. */
	sent(target: object, byteLength: number, connections: number): void {
		if (channels.send?.hasSubscribers) {
			channels.send.publish({ service: this.#service, target, byteLength, connections });
		}
	}

	/** A connection took an event. */
	delivered(): void {
		this.#eventsSent++;
	}

	wrote(byteLength: number): void {
		this.#bytesSent += byteLength;
	}

	dropped(connection: object, cause: DropCause): void {
		count(this.#drops, cause);
		if (channels.drop?.hasSubscribers) {
			channels.drop.publish({ service: this.#service, connection, cause });
		}
	}

	/** A client reconnected with a last event ID. */
	resumed(connection: object, outcome: ResumeOutcome): void {
		count(this.#resumes, outcome);
		if (channels.resume?.hasSubscribers) {
			channels.resume.publish({ service: this.#service, connection, outcome });
		}
	}

	failed(error: unknown, stage: ErrorStage): void {
		this.#errors++;
		if (channels.error?.hasSubscribers) {
			channels.error.publish({ service: this.#service, error, stage });
		}
	}

	/** The service began to end its connections over `drainMs` milliseconds. */
	draining(connections: number, drainMs: number): void {
		if (channels.drain?.hasSubscribers) {
			channels.drain.publish({ service: this.#service, connections, drainMs });
		}
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
