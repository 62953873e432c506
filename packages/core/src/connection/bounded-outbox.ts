/**
 * The bound of an outbox, and what happens there: nobody who does not read may hold more than that of a process's memory.
 */

import type { SlowPolicy } from "../types/connection.js";
import type { Frame } from "../wire/frame.js";
import { weightOf } from "./backlog.js";
import { Outbox, type OutboxShared } from "./outbox.js";
import { WRITE_BYTES } from "./sink-writer.js";

/** The service's part in every bounded outbox. */
export interface BoundedOutboxShared extends OutboxShared {
	readonly options: { readonly maxBufferedBytes: number; readonly slowPolicy: SlowPolicy };
	/** Told to a client in the place of events that were dropped. `undefined`: it is told nothing. */
	readonly dropNotice: Frame | undefined;
	/** Whether what is logged may be lost by those who keep the log, though it was delivered. */
	readonly sharesLog: boolean;
}

export abstract class BoundedOutbox<
	Shared extends BoundedOutboxShared = BoundedOutboxShared,
> extends Outbox<Shared> {
	/** A frame larger than the whole bound, or of a pipe, that waits or is on its way: it alone may exceed it. */
	#oversize: Frame | undefined;

	/** Take a frame. @returns false when it was dropped, or was too much */
	protected add(frame: Frame): boolean {
		if (!this.#admit(frame)) return false;
		this.put(frame);
		return true;
	}

	/** @param frame must not be too much, either */
	override room(frame?: Frame): Promise<void> | undefined {
		if (frame !== undefined && !this.isBlocked && !this.#fits(frame)) {
			this.flush();
			// The sink would not say when it has let go of the rest.
			if (!this.isBlocked) this.#oversize ??= frame;
		}
		return super.room();
	}

	/** An oversize frame that does not wait has been sent. */
	protected override onTaken(): void {
		if (this.#oversize !== undefined && this.backlog?.has(this.#oversize) !== true) {
			this.#oversize = undefined;
		}
	}

	/** Whether a frame may be added. At the bound it is dropped if it is volatile, else the slow policy decides. */
	#admit(frame: Frame): boolean {
		const isVolatile = frame.kind === "volatile";
		this.#conflate(frame);
		if (!(isVolatile && this.isBlocked) && this.#fits(frame)) return true;
		// The operating system may take what this turn has gathered.
		this.flush();
		if (!(isVolatile && this.isBlocked) && this.#fits(frame)) return true;
		// One that says nothing new can go.
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

	/** Whether a frame is within the bound. One larger than all of it may pass, one at a time. */
	#fits(frame: Frame): boolean {
		const { maxBufferedBytes } = this.host.options;
		const size = frame.byteLength;
		if (this.queuedBytes - this.#oversizeBytes + size <= maxBufferedBytes) return true;
		if (size > maxBufferedBytes) this.#oversize ??= frame;
		return frame === this.#oversize;
	}

	/** What is left of the oversize frame. */
	get #oversizeBytes(): number {
		const oversize = this.#oversize;
		if (oversize === undefined) return 0;
		const { byteLength } = oversize;
		if (!this.isFull || this.backlog?.has(oversize) === true) return byteLength;
		// The sink has a piece of it.
		return Math.min(byteLength, this.startedBytes + WRITE_BYTES);
	}

	/** Drop the one that waits and is of no use beside `frame`. */
	#conflate({ key, position }: Frame): void {
		if (key === undefined || this.host.options.slowPolicy !== "conflate") return;
		if (this.backlog?.dropKey(key) !== true) return;
		this.host.diagnostics.dropped(this, "conflate");
		if (position !== undefined && this.host.sharesLog) this.relyOn(position);
	}

	/** Say that events were dropped, once for those that follow each other. */
	#giveNotice(): void {
		const { dropNotice } = this.host;
		if (dropNotice !== undefined && this.last !== dropNotice) this.put(dropNotice);
	}

	/** Drop the oldest frames that wait until `frame` fits. @returns whether it does */
	#dropOldest(frame: Frame): boolean {
		const { dropNotice } = this.host;
		// Two oversize frames never fit: what waits is not dropped in vain.
		if (this.#oversize !== undefined && frame.byteLength > this.host.options.maxBufferedBytes) {
			return false;
		}
		// More than is needed for this one, so that what waits is not moved up for each.
		const wanted = Math.max(weightOf(frame), (this.backlog?.weight ?? 0) / 16);
		this.backlog?.dropUntil(
			(freed) => freed >= wanted && this.#fits(frame),
			(old) => {
				if (old === this.#oversize) this.#oversize = undefined;
				if (old !== dropNotice && old.kind !== "control")
					this.host.diagnostics.dropped(this, "drop-oldest");
			},
			dropNotice,
		);
		return this.#fits(frame);
	}
}
