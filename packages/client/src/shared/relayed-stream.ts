/**
 * The shared stream as this tab has received it: its position, its place in the relays of the leader, and the latest relays.
 */
import type { SourceHost } from "../source.js";
import { eventOf, type Place, type Relay } from "./channel.js";
import { RecentRelays } from "./recent-relays.js";

export class RelayedStream {
	readonly #host: Pick<SourceHost, "onEvent" | "onPosition">;
	readonly #gapEvent: string;
	readonly #recent: RecentRelays;
	#id: string | undefined;
	/** The place of this tab; `undefined` before the first. */
	place: Place | undefined;
	/** How many of the latest relays this tab has kept for later. */
	#kept = 0;
	/** Set while this tab is ahead of its leader: it skips relays that it already has, up to this position. */
	#skipTo: string | undefined;

	constructor(
		maxEvents: number,
		gapEvent: string,
		host: Pick<SourceHost, "onEvent" | "onPosition">,
	) {
		this.#gapEvent = gapEvent;
		this.#recent = new RecentRelays(maxEvents);
		this.#host = host;
	}

	/** The last event ID. */
	get id(): string | undefined {
		return this.#id;
	}

	/** Starts at a position, with nothing received. */
	reset(id: string | undefined): void {
		this.#id = id;
		this.#recent.reset(id);
	}

	/** Whether this tab has received the event with this id. */
	has(id: string): boolean {
		return this.#recent.has(id);
	}

	/** Whether this tab has events after a position. */
	isAheadOf(id: string | undefined): boolean {
		return id !== this.#id && id !== undefined && this.#recent.after(id) !== undefined;
	}

	/** From now on all relays are new. */
	takeAll(): void {
		this.#skipTo = undefined;
	}

	/** From now on skips relays that this tab already has. */
	skipKnown(): void {
		this.#skipTo = this.#id;
	}

	/** Returns what another tab missed: what came after its place, or else after its position; `undefined` if not all is here. */
	missedBy(id: string | undefined, place: Place | undefined): readonly Relay[] | undefined {
		const own = this.place as Place;
		if (place?.term === own.term) return this.#recent.last(own.sequence - place.sequence);
		if (id !== undefined) return this.#recent.after(id);
		// A tab that is new begins here. Where the server sends no ids, nobody knows what another one missed of an earlier leader.
		return place === undefined ? [] : undefined;
	}

	/** Continues from the leader's position, without what came before. */
	begin(id: string | undefined, place: Place): void {
		this.place = place;
		this.reset(id);
		if (id !== undefined) this.#host.onPosition(id);
	}

	/** This tab has missed events that no other one has kept. */
	gap(): void {
		const text = JSON.stringify({ reason: "relay" });
		this.#host.onEvent({ type: this.#gapEvent, text, id: this.#id });
	}

	/** Receives a relay, which brings this tab to a place. */
	take(relay: Relay, place: Place): void {
		this.place = place;
		if (this.#skipTo !== undefined) {
			const isReplay = this.#recent.has(relay.id);
			if (!isReplay || relay.id === this.#skipTo) this.#skipTo = undefined;
			if (isReplay) return;
		}
		this.#add(relay);
		this.#deliver(relay);
	}

	/** Receives a relay, but delivers it only at `deliverKept`. */
	keep(relay: Relay, place: Place): void {
		this.place = place;
		this.#add(relay);
		this.#kept++;
	}

	deliverKept(): void {
		const kept = this.#recent.last(this.#kept);
		this.#kept = 0;
		for (const relay of kept ?? []) this.#deliver(relay);
		if (kept !== undefined) return;
		if (this.#id !== undefined) this.#host.onPosition(this.#id);
		this.gap();
	}

	#add(relay: Relay): void {
		this.#recent.add(relay);
		this.#id = relay.id ?? this.#id;
	}

	#deliver(relay: Relay): void {
		const event = eventOf(relay);
		if (event !== undefined) this.#host.onEvent(event);
		else if (relay.id !== undefined) this.#host.onPosition(relay.id);
	}
}
