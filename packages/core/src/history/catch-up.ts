/**
 * The newcomers: connections that are given something before what is sent to them live: what they missed, or the newest state of
 * their groups.
 */

import type { Connection } from "../connection/connection.js";
import type { FeedSource } from "../connection/feed.js";
import { settled } from "../connection/feed.js";
import { encodeCursor, type Position, parseCursor } from "../wire/cursor.js";
import { AheadOfLog } from "./ahead-of-log.js";
import { type Goal, introduce, type Origin, type ReplayHost, replay } from "./replay.js";

export class CatchUp {
	readonly ahead = new AheadOfLog<Connection>();
	readonly #host: ReplayHost<Connection>;
	/** Where the log began here. */
	readonly #begun: Position | Promise<Position>;
	/** Registered in this turn, or before the log was open. */
	readonly #starting = new WeakSet<Connection>();
	/** Up to where each is being given what it missed, or was. */
	readonly #goals = new WeakMap<Connection, Goal>();

	constructor(host: ReplayHost<Connection>, begun: Position | Promise<Position>) {
		this.#host = host;
		this.#begun = begun;
	}

	/**
	 * Give a connection that has just been registered what it missed.
	 *
	 * @param upTo what is after is sent to it live; `undefined` before the log is open
	 * @param since where the application has clients begin that do not say it themselves
	 */
	welcome(connection: Connection, upTo: Position | undefined, since?: string): void {
		const origin = originOf(connection.lastEventId, since);
		if (origin !== undefined || upTo === undefined) {
			this.#starting.add(connection);
			const from = upTo && this.#comeUp(connection, origin, upTo);
			connection.feed(this.#start(connection, origin, from));
		} else if (!this.#introduce(connection, connection.groups, upTo)) {
			connection.beat(this.#host.notices.arrival(upTo));
			// In one packet with the headers, which Node sends at the end of this tick.
			connection.flush();
		}
	}

	/** A connection has just come to groups. */
	onJoined(connection: Connection, groups: readonly string[]): void {
		const { position } = this.#host.log;
		// Those of one that is about to be given what it missed are looked at then.
		if (position === undefined || this.#starting.has(connection)) return;
		this.#introduce(connection, groups, position);
	}

	/** All of these have missed what is between, as if they had left and come back. */
	onBreak(from: Position, connections: readonly Connection[]): void {
		const upTo = this.#host.log.position ?? from;
		const ahead = this.ahead.onBreak(upTo);
		const origin = { id: encodeCursor(from), cursor: { position: from, isPartial: false } };
		for (const connection of connections) {
			if (ahead.has(connection)) continue;
			const goal = this.#goals.get(connection);
			// Nothing was sent to it since: it misses all of that at once.
			if (goal?.isAhead && goal.upTo === from) goal.upTo = upTo;
			else connection.feed(this.#resume(connection, origin, upTo));
		}
	}

	/** Begins at the end of this turn: in the groups that it joins until then it has missed something, too. */
	*#start(
		connection: Connection,
		origin: Origin | undefined,
		from: Position | Promise<Position> | undefined,
	): FeedSource {
		const start = from ?? this.#comeUp(connection, origin, yield* settled(this.#begun));
		const upTo = yield* settled(start);
		this.#starting.delete(connection);
		if (origin !== undefined) return yield* this.#resume(connection, origin, upTo);
		const kept = this.#keepers(connection.groups);
		if (kept.length > 0) yield* introduce(this.#host, connection, kept, upTo);
		else yield this.#host.notices.arrival(upTo);
	}

	*#resume(connection: Connection, origin: Origin, upTo: Position): FeedSource {
		const goal: Goal = { upTo, isAhead: true };
		this.#goals.set(connection, goal);
		yield* replay(this.#host, connection, origin, goal);
	}

	/** Have the log come up with a client that has been given more than it has delivered here. @returns from where on the connection is sent what comes */
	#comeUp(
		connection: Connection,
		origin: Origin | undefined,
		at: Position,
	): Position | Promise<Position> {
		const cursor = origin?.cursor;
		if (cursor === undefined || cursor === "start") return at;
		const position = cursor.reliesOn ?? cursor.position;
		const { log } = this.#host;
		if (log.shared === undefined) return at;
		// One of another log may be of that which has taken the place of this one, and is to be found yet.
		if (position.epoch === at.epoch && position.sequence <= at.sequence) return at;
		return this.ahead.wait(connection, position, log, log.shared);
	}

	/** Give a connection the newest events of those of the groups that keep these. @returns whether one does */
	#introduce(connection: Connection, groups: readonly string[], upTo: Position): boolean {
		const kept = this.#keepers(groups);
		if (kept.length > 0) connection.feed(introduce(this.#host, connection, kept, upTo));
		return kept.length > 0;
	}

	#keepers(groups: readonly string[]): readonly string[] {
		return groups.filter((group) => this.#host.log.keepsLatest(group));
	}
}

/** Where a client begins; `undefined`: with what is sent from now on. */
function originOf(lastEventId: string | undefined, since: string | undefined): Origin | undefined {
	// What it says itself comes first, because it says the same `since` whenever it comes back.
	const isOwn = lastEventId !== undefined && lastEventId !== "";
	const id = isOwn || since === undefined || since === "now" ? lastEventId : since;
	if (!isOwn && id === "start") return { id: "", cursor: "start" };
	return id === undefined ? id : { id, cursor: parseCursor(id) };
}
