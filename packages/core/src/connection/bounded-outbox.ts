/**
 * The limit of an outbox, and what happens there: a client that does not read must not hold more of the process's memory.
 */

import type { SlowPolicy } from "../types/connection.js";
import type { Frame } from "../wire/frame.js";
import { weightOf } from "./backlog.js";
import type { Logged } from "./feed.js";
import { Outbox, type OutboxShared } from "./outbox.js";
import { WRITE_BYTES } from "./sink-writer.js";

/** The service's part in every bounded outbox. */
export interface BoundedOutboxShared extends OutboxShared {
	readonly options: { readonly maxBufferedBytes: number; readonly slowPolicy: SlowPolicy };
	/** Sent in place of dropped events. `undefined`: nothing is sent. */
	readonly dropNotice: Frame | undefined;
	/** Whether the log is shared, and so may lose events that were already delivered. */
	readonly sharesLog: boolean;
}

export abstract class BoundedOutbox<
	Shared extends BoundedOutboxShared = BoundedOutboxShared,
> extends Outbox<Shared> {
	/** The one unsent frame that may exceed the limit: it is larger than the whole limit, or comes from a pipe. */
	#oversize: Frame | undefined;
	/** What the sink has been given up to the last drop notice, if that did not have to wait. */
	#noticedBytes = -1;

	/** Adds a frame. @returns false if it was dropped, or exceeded the limit */
	protected add(frame: Frame): boolean {
		if (!this.#admit(frame)) return false;
		this.put(frame);
		return true;
	}

	/** See `Replayed`. */
	insert(logged: readonly Logged[], sentAt: WeakMap<Frame, number>): boolean {
		const added = this.backlog?.insert(logged, sentAt) ?? 0;
		this.host.diagnostics.delivered(added);
		return added === 0 || this.#mayWait(this.queuedBytes);
	}

	/** @param frame must fit as well */
	override room(frame?: Frame): Promise<void> | undefined {
		if (frame !== undefined && !this.isBlocked && !this.#fits(frame)) {
			this.flush();
			// Without a block, the sink will not report when it has sent the rest.
			if (!this.isBlocked) this.#oversize ??= frame;
		}
		return super.room();
	}

	/** Releases the oversize frame, unless it still waits. */
	protected override onTaken(): void {
		if (this.#oversize !== undefined && this.backlog?.has(this.#oversize) !== true) {
			this.#oversize = undefined;
		}
	}

	/** Whether a frame may be added. At the limit a volatile frame is dropped; for others the slow policy decides. */
	#admit(frame: Frame): boolean {
		const isVolatile = frame.kind === "volatile";
		this.#conflate(frame);
		if (!(isVolatile && this.isBlocked) && this.#fits(frame)) return true;
		// The operating system may accept what this tick has collected.
		this.flush();
		if (!(isVolatile && this.isBlocked) && this.#fits(frame)) return true;
		// A control frame carries nothing new, so it can be dropped.
		if (frame.kind === "control") return false;
		const { slowPolicy } = this.host.options;
		if (!isVolatile && (slowPolicy === "close" || slowPolicy === "conflate")) {
			this.onFailure("slow");
			return false;
		}
		if (!isVolatile && slowPolicy === "drop-oldest" && this.#dropOldest(frame)) return true;
		this.host.diagnostics.dropped(this, isVolatile ? "volatile" : "drop-newest");
		if (!isVolatile) this.#giveNotice();
		return false;
	}

	/** Whether a frame fits the limit. A frame larger than the whole limit may pass, one at a time. */
	#fits(frame: Frame): boolean {
		const size = frame.byteLength;
		if (this.#mayWait(this.queuedBytes + size)) return true;
		if (size > this.host.options.maxBufferedBytes) this.#oversize ??= frame;
		return frame === this.#oversize;
	}

	#mayWait(bytes: number): boolean {
		const { maxBufferedBytes } = this.host.options;
		// In most cases without a look at what need not count.
		return bytes <= maxBufferedBytes || bytes - this.#oversizeBytes <= maxBufferedBytes;
	}

	/** The unsent bytes of the oversize frame. */
	get #oversizeBytes(): number {
		const oversize = this.#oversize;
		if (oversize === undefined) return 0;
		const { byteLength } = oversize;
		if (!this.isFull || this.backlog?.has(oversize) === true) return byteLength;
		// The sink holds a piece of it.
		return Math.min(byteLength, this.startedBytes + WRITE_BYTES);
	}

	/** Drops the waiting frame that `frame` replaces. */
	#conflate({ key, position }: Frame): void {
		if (key === undefined || this.host.options.slowPolicy !== "conflate") return;
		const dropped = this.backlog?.dropKey(key);
		if (dropped === undefined) return;
		if (dropped === this.#oversize) this.#oversize = undefined;
		this.host.diagnostics.dropped(this, "conflate");
		if (position !== undefined && this.host.sharesLog) this.relyOn(position);
	}

	/** Queues the drop notice, once for consecutive drops. */
	#giveNotice(): void {
		const { dropNotice } = this.host;
		if (dropNotice === undefined || this.last === dropNotice) return;
		// The sink holds the notice, and was given nothing after it.
		if (this.last === undefined && this.givenBytes === this.#noticedBytes) return;
		// Where nothing waits, the flush has written all that was there.
		this.#noticedBytes = this.isBlocked ? -1 : this.givenBytes + dropNotice.byteLength;
		this.put(dropNotice);
		this.host.diagnostics.gapped(this, "slow");
	}

	/** Drops the oldest waiting frames until `frame` fits. @returns whether it fits */
	#dropOldest(frame: Frame): boolean {
		const { dropNotice } = this.host;
		// Two oversize frames never fit, so dropping waiting frames would not help.
		if (this.#oversize !== undefined && frame.byteLength > this.host.options.maxBufferedBytes) {
			return false;
		}
		// Drops more than this frame needs, so that the queue is not shifted for every frame.
		const wanted = Math.max(weightOf(frame), (this.backlog?.weight ?? 0) / 16);
		let gaps = 0;
		this.backlog?.dropUntil(
			(freed) => freed >= wanted && this.#fits(frame),
			(old) => {
				if (old === this.#oversize) this.#oversize = undefined;
				// A notice that moves on is still the same gap.
				if (old === dropNotice) gaps = -Infinity;
				else if (old.kind !== "control") this.host.diagnostics.dropped(this, "drop-oldest");
				gaps++;
			},
			dropNotice,
		);
		if (dropNotice !== undefined && gaps > 0) this.host.diagnostics.gapped(this, "slow");
		return this.#fits(frame);
	}
}
