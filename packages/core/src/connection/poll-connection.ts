/**
 * A connection that answers a long poll: it closes once it has sent an event, or when it has waited long enough. Its client
 * sends the next poll with the last id that it received.
 */
import type { Frame } from "../wire/frame.js";
import { Connection } from "./connection.js";
import type { ConnectionHost } from "./connection-host.js";
import { endOfTurn } from "./flush-scheduler.js";

// How often a poll looks whether its replay has begun, in milliseconds, once it has waited long enough.
const FED_MS = 1_000;

/** What a long poll needs from the service. */
export interface PollHost extends ConnectionHost<Connection> {
	readonly options: ConnectionHost<Connection>["options"] & { readonly longPollMs: number };
	/** A block with the newest position, for an answer without an event. */
	readonly positionNotice: Frame | undefined;
}

export class PollConnection extends Connection {
	#isAnswered = false;
	#timer: ReturnType<typeof setTimeout> | undefined;

	override open(...args: Parameters<Connection["open"]>): void {
		super.open(...args);
		const { options } = this.host as PollHost;
		this.#waitFor(options.longPollMs);
	}

	override place(frame: Frame, hasWaited?: boolean): Frame {
		// A client without an id needs one first: its next poll resumes from there.
		const isFirstId = frame.position !== undefined && !this.lastEventId;
		if ((isFirstId || frame.isEvent) && !this.#isAnswered) {
			this.#isAnswered = true;
			void this.#answer();
		}
		return super.place(frame, hasWaited);
	}

	override onClose(ended: boolean): void {
		clearTimeout(this.#timer);
		super.onClose(ended);
	}

	/** Closes after this tick's events, and after all that the client missed. */
	async #answer(): Promise<void> {
		await endOfTurn();
		for (let room = this.room(); room !== undefined; room = this.room()) await room;
		this.close("poll");
	}

	#waitFor(ms: number): void {
		this.#timer = setTimeout(() => this.#giveUp(), ms).unref();
	}

	#giveUp(): void {
		if (this.#isAnswered) return;
		// A replay that waits for its log has no position to give yet. Without one the next poll would wait as long again, and a
		// client that is ahead of the log would never receive its gap.
		if (this.isFed) this.#waitFor(FED_MS);
		// A client that is sent little would resume from further and further back.
		else this.close("poll", (this.host as PollHost).positionNotice);
	}
}
