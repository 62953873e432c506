/**
 * Presence: which clients are connected to any of the processes that share a log. A process repeatedly posts the clients that
 * another process requested in the last minute; the post of a dead process expires. So presence is eventually consistent and
 * has no defined order. Without requests, a process posts only that it is alive.
 */
import { randomId } from "../checks/random-id.js";
import type { Connection } from "../connection/connection.js";
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

// Two posts may be lost before the clients of a live process are missing.
const TTL_MS = 16_000;

// An engine that does not answer must not keep a service from being closed.
const POST_TIMEOUT_MS = 2_000;

// Changes are posted after this delay, several together. Long lists are posted less often, so that they take 1 % of the time.
const SOON_MS = 250;
const SHARE = 100;

// How long a list is posted after a request. A process whose request is older than this repeats it.
const ASKED_MS = 60_000;
const RENEW_MS = 20_000;
const MAX_ASKED = 1_000;

// A dead process stays listed for a while, and does not answer.
const ANSWER_TIMEOUT_MS = 2_000;
const FIRST_LOOK_MS = 10;
const MAX_LOOK_MS = 200;

export class Presence {
	readonly #name = randomId(12);
	readonly #registry: Registry;
	readonly #shared: SharedLog | undefined;
	readonly #onError: (error: unknown) => void;
	/** What others have requested, each with the time until which it is posted; oldest first. */
	readonly #asked = new Map<Asked, number>();
	/** When this process asked the others. */
	readonly #askedAt = new Map<Asked, number>();
	/** Clients that were asked to reconnect, to any process, with the time until which they stay listed. */
	readonly #moving = new Map<string, { readonly entry: Entry; readonly until: number }>();
	readonly #alarm: Alarm;
	/** How long building the last list took. */
	#tookMs = 0;
	/** What failed last time, and has been reported. */
	readonly #failing = new Set<"post" | "meta">();

	/** @param shared `undefined`: no other process shares the log */
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

	/** The clients of all processes (in the group, if given). @throws (rejects) what the engine rejects with */
	async clients(group?: string): Promise<ClientPresence[]> {
		const lists = this.#shared === undefined ? [] : await this.#listsOf(this.#shared, group);
		const merged = new Map<string, ClientPresence>();
		for (const { entries } of lists) {
			for (const entry of entries) addTo(merged, entry, group);
		}
		for (const entry of this.#entries()) addTo(merged, entry, group);
		return [...merged.values()];
	}

	/** Call when another process requests clients. */
	onAsked(asked: Asked): void {
		this.#forgetOld();
		const isNew = !this.#asked.has(asked) && !this.#asked.has(undefined);
		set(this.#asked, asked, performance.now() + ASKED_MS);
		if (isNew) this.#postIn(0);
	}

	/** Call when a client has connected, is leaving, or has changed. */
	onChange(): void {
		if (this.#asked.size > 0) this.#postIn(Math.max(SOON_MS, this.#tookMs * SHARE));
	}

	/** Call when a connection is about to leave. */
	onLeaving(connection: Connection, reason: CloseReason): void {
		const client = this.#asked.size === 0 ? undefined : this.#registry.clientOf(connection);
		if (client === undefined) return;
		this.onChange();
		if (reason !== "shutdown" && reason !== "age") return;
		const [id, , meta, groups] = entryOf(client, this.#registry);
		const gone = groups.map(([name, , own]) => [name, 0, own] as const);
		this.#moving.set(id, { entry: [id, 0, meta, gone], until: Date.now() + TTL_MS });
	}

	/** Posts the last list, which expires by itself. Until then, it lists clients that were asked to reconnect. Never rejects. */
	async close(): Promise<void> {
		this.#alarm.stop();
		await this.#post(true);
	}

	/** Returns the lists of the other processes, once all of them have answered. */
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
			await within(POST_TIMEOUT_MS, posted, "Posting the clients of this process");
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

	/** Reports an error once, until the next success. */
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

/** Sets an entry as the newest, within a limit. */
function set(times: Map<Asked, number>, asked: Asked, time: number): void {
	times.delete(asked);
	times.set(asked, time);
	const [oldest] = times.keys();
	if (times.size > MAX_ASKED) times.delete(oldest);
}
