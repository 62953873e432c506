/**
 * Presence: which clients are connected to any of the processes that share a log. A process posts the clients that another
 * process has asked for in the last minute, again and again; the post of one that has died vanishes. So it is right
 * eventually, and says nothing of order. While nobody asks, a process posts only that it is there.
 */
import { nanoid } from "nanoid";
import type { SharedLog } from "../event-log/event-log.js";
import { Alarm } from "../pacing/alarm.js";
import { pause, within } from "../pacing/timeout.js";
import type { ClientPresence } from "../types/client.js";
import type { CloseReason } from "../types/connection.js";
import {
	type Asked,
	addTo,
	type Entry,
	encodeList,
	entryOf,
	type PresenceList,
	partOf,
	readList,
} from "./presence-list.js";
import type { Registry } from "./registry.js";

const POST_INTERVAL_MS = 5_000;

// Two posts may be lost before the clients of a process that lives are missing.
const TTL_MS = 16_000;

// An engine that does not answer must not keep a service from being closed.
const POST_TIMEOUT_MS = 2_000;

// Changes are posted this soon, several together. Long lists are posted less often: they take a hundredth of the time.
const SOON_MS = 250;
const SHARE = 100;

// How long a list is posted after it was asked for, and the age at which who asks again asks the others again.
const ASKED_MS = 60_000;
const RENEW_MS = 20_000;
const MAX_ASKED = 1_000;

// A process that has died is posted for a while, and does not answer.
const ANSWER_TIMEOUT_MS = 2_000;
const FIRST_LOOK_MS = 10;
const MAX_LOOK_MS = 200;

export class Presence {
	readonly #name = nanoid(12);
	readonly #registry: Registry;
	readonly #shared: SharedLog | undefined;
	readonly #onError: (error: unknown) => void;
	/** What others have asked for, each with until when it is posted; the oldest first. */
	readonly #asked = new Map<Asked, number>();
	/** When this process has asked the others. */
	readonly #askedAt = new Map<Asked, number>();
	/** Clients that were sent away to reconnect, to any process, with until when they are still listed. */
	readonly #moving = new Map<string, { readonly entry: Entry; readonly until: number }>();
	readonly #alarm: Alarm;
	/** How long the last list took to make. */
	#tookMs = 0;
	/** What failed the last time, and was reported. */
	readonly #failing = new Set<"post" | "meta">();

	/** @param shared `undefined`: this process is alone */
	constructor(
		registry: Registry,
		shared: SharedLog | undefined,
		onError: (error: unknown) => void,
	) {
		this.#registry = registry;
		this.#shared = shared;
		this.#onError = onError;
		this.#alarm = new Alarm(() => {
			void this.#post().then(() => this.#postIn(POST_INTERVAL_MS));
		});
		this.#postIn(0);
	}

	/** The clients of all processes (in the group, if one is given). @throws (rejects) as the engine does */
	async clients(group?: string): Promise<ClientPresence[]> {
		const lists = this.#shared === undefined ? [] : await this.#listsOf(this.#shared, group);
		const merged = new Map<string, ClientPresence>();
		for (const { entries } of lists) {
			for (const entry of entries) addTo(merged, entry, group);
		}
		for (const entry of this.#entries()) addTo(merged, entry, group);
		return [...merged.values()];
	}

	/** Another process asks for clients. */
	onAsked(asked: Asked): void {
		this.#forgetOld();
		const isNew = !this.#asked.has(asked) && !this.#asked.has(undefined);
		set(this.#asked, asked, performance.now() + ASKED_MS);
		if (isNew) this.#postIn(0);
	}

	/** A client has connected, is leaving, or has changed. */
	onChange(): void {
		if (this.#asked.size > 0) this.#postIn(Math.max(SOON_MS, this.#tookMs * SHARE));
	}

	/** A connection is about to leave. */
	onLeaving(clientId: string, reason: CloseReason): void {
		this.onChange();
		const isMoving = reason === "shutdown" || reason === "age";
		const client = this.#registry.client(clientId);
		if (client === undefined || !isMoving || this.#asked.size === 0) return;
		const [id, , meta, groups] = entryOf(client, this.#registry);
		const gone = groups.map(([name, , own]) => [name, 0, own] as const);
		this.#moving.set(id, { entry: [id, 0, meta, gone], until: Date.now() + TTL_MS });
	}

	/** Post the last list, which vanishes by itself: clients that were sent away are listed here until they have reconnected. Never rejects. */
	async close(): Promise<void> {
		this.#alarm.stop();
		await this.#post(true);
	}

	/** What the other processes have posted, once all of them have answered. */
	async #listsOf(shared: SharedLog, asked: Asked): Promise<readonly PresenceList[]> {
		const giveUpAt = performance.now() + ANSWER_TIMEOUT_MS;
		for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(2 * lookMs, MAX_LOOK_MS)) {
			const posts = [...(await shared.posted())].filter(([name]) => name !== this.#name);
			const lists = posts.map(([, text]) => readList(text));
			const isAnswered = lists.every((list) => list.isLast || answers(list, asked));
			const now = performance.now();
			const isOld = now - (this.#askedAt.get(asked) ?? -Infinity) > RENEW_MS;
			const isFirst = lookMs === FIRST_LOOK_MS;
			if (isFirst && (!isAnswered || (isOld && lists.some(({ isLast }) => !isLast)))) {
				set(this.#askedAt, asked, now);
				await shared.tell({ do: "present", target: { group: asked } });
			}
			if (isAnswered || now >= giveUpAt) return lists;
			await pause(lookMs);
		}
	}

	#forgetOld(): void {
		const now = performance.now();
		for (const [asked, until] of this.#asked) {
			if (until > now) break;
			this.#asked.delete(asked);
		}
	}

	#postIn(ms: number): void {
		if (this.#shared !== undefined) this.#alarm.ringIn(ms);
	}

	/** Never rejects. */
	async #post(isLast = false): Promise<void> {
		if (this.#shared === undefined) return;
		try {
			const text = this.#encode(isLast);
			const posted = this.#shared.post(this.#name, text, TTL_MS);
			await within(POST_TIMEOUT_MS, posted, "Telling other processes of the clients here");
			this.#report("post", undefined);
		} catch (error) {
			this.#report("post", error);
		}
	}

	#encode(isLast: boolean): string {
		const begun = performance.now();
		this.#forgetOld();
		const asked = new Set(this.#asked.keys());
		const all = asked.size === 0 ? [] : this.#entries();
		const entries = all.flatMap((entry) => {
			const part = partOf(entry, asked);
			return part === undefined ? [] : [part];
		});
		let failure: unknown;
		const text = encodeList({ asked: [...asked], isLast, entries }, (error) => {
			failure = error;
		});
		this.#report("meta", failure);
		this.#tookMs = performance.now() - begun;
		return text;
	}

	/** Once, until there is no error. */
	#report(what: "post" | "meta", error: unknown): void {
		if (error !== undefined && !this.#failing.has(what)) this.#onError(error);
		if (error === undefined) this.#failing.delete(what);
		else this.#failing.add(what);
	}

	#entries(): readonly Entry[] {
		const now = Date.now();
		for (const [clientId, { until }] of this.#moving) {
			if (until <= now || this.#registry.client(clientId)) this.#moving.delete(clientId);
		}
		const moving = Array.from(this.#moving.values(), ({ entry }) => entry);
		const here = this.#registry.clients().map((client) => entryOf(client, this.#registry));
		return [...here, ...moving];
	}
}

function answers(list: PresenceList, asked: Asked): boolean {
	return list.asked.includes(asked) || list.asked.includes(undefined);
}

/** As the newest, within a bound. */
function set(times: Map<Asked, number>, asked: Asked, time: number): void {
	times.delete(asked);
	times.set(asked, time);
	const [oldest] = times.keys();
	if (times.size > MAX_ASKED) times.delete(oldest);
}
