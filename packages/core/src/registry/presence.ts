/**
 * Presence: which clients are connected to any of the processes that share a log. Each process puts up a list of its own,
 * again and again; that of one that has died vanishes. So it is right eventually, and says nothing of order.
 */
import { nanoid } from "nanoid";
import { isObject } from "../checks/errors.js";
import type { SharedLog } from "../event-log/event-log.js";
import { Alarm } from "../pacing/alarm.js";
import { within } from "../pacing/timeout.js";
import type { ClientPresence, Meta } from "../types/client.js";
import type { CloseReason } from "../types/connection.js";
import type { Registry } from "./registry.js";

const POST_INTERVAL_MS = 5_000;

// Two posts may be lost before the clients of a process that lives are missing.
const TTL_MS = 16_000;

// An engine that does not answer must not keep a service from being closed.
const POST_TIMEOUT_MS = 2_000;

// What changes is put up so soon, and what changes together at once. Long lists are put up less often: they take a hundredth of the time.
const SOON_MS = 250;
const SHARE = 100;

/** A client of one process: its groups, each with how many of its connections are in it, and of all. */
type Entry = readonly [
	clientId: string,
	connections: number,
	groups: Readonly<Record<string, number>>,
	meta: Meta | null,
];

export class Presence {
	readonly #name = nanoid(12);
	readonly #registry: Registry;
	readonly #shared: SharedLog | undefined;
	readonly #onError: (error: unknown) => void;
	/** Clients that were told to come back, to whichever process, with until when they are still listed. */
	readonly #moving = new Map<string, { readonly entry: Entry; readonly until: number }>();
	readonly #alarm = new Alarm(() => {
		void this.#post().finally(() => this.#postIn(POST_INTERVAL_MS));
	});
	/** How long the last list took to make. */
	#tookMs = 0;
	/** The last list could not be put up, and that was told. */
	#isAway = false;

	/** @param shared `undefined`: this process is alone */
	constructor(
		registry: Registry,
		shared: SharedLog | undefined,
		onError: (error: unknown) => void,
	) {
		this.#registry = registry;
		this.#shared = shared;
		this.#onError = onError;
		this.#postIn(0);
	}

	/** The clients of all processes (in the group, if one is told). @throws (rejects) as the engine does */
	async clients(group?: string): Promise<ClientPresence[]> {
		const posted = (await this.#shared?.posted()) ?? new Map<string, string>();
		const merged = new Map<string, ClientPresence>();
		for (const [name, text] of posted) {
			if (name !== this.#name) for (const entry of readEntries(text)) merge(merged, entry, group);
		}
		for (const entry of this.#entries()) merge(merged, entry, group);
		return [...merged.values()];
	}

	/** A client has come, is leaving, or has changed. */
	onChange(): void {
		this.#postIn(Math.max(SOON_MS, this.#tookMs * SHARE));
	}

	/** A connection is about to leave. */
	onLeaving(clientId: string, reason: CloseReason): void {
		this.onChange();
		const isMoving = reason === "shutdown" || reason === "age";
		const client = isMoving && this.#shared ? this.#registry.client(clientId) : undefined;
		if (client === undefined) return;
		const [id, , groups, meta] = this.#entryOf(client);
		const gone = Object.fromEntries(Object.keys(groups).map((name) => [name, 0]));
		this.#moving.set(id, { entry: [id, 0, gone, meta], until: Date.now() + TTL_MS });
	}

	/** Put up the last list, which vanishes by itself: those who were told to come back are here until they are there. */
	async close(): Promise<void> {
		this.#alarm.stop();
		await this.#post();
	}

	#postIn(ms: number): void {
		if (this.#shared !== undefined) this.#alarm.ringIn(ms);
	}

	async #post(): Promise<void> {
		if (this.#shared === undefined) return;
		const begun = performance.now();
		const text = JSON.stringify(this.#entries());
		this.#tookMs = performance.now() - begun;
		try {
			const posted = this.#shared.post(this.#name, text, TTL_MS);
			await within(POST_TIMEOUT_MS, posted, "Telling other processes of the clients here");
			this.#isAway = false;
		} catch (error) {
			if (!this.#isAway) this.#onError(error);
			this.#isAway = true;
		}
	}

	#entries(): readonly Entry[] {
		const now = Date.now();
		for (const [clientId, { until }] of this.#moving) {
			if (until <= now || this.#registry.client(clientId)) this.#moving.delete(clientId);
		}
		const moving = Array.from(this.#moving.values(), ({ entry }) => entry);
		return [...this.#registry.clients().map((client) => this.#entryOf(client)), ...moving];
	}

	#entryOf({ clientId, connections, meta }: ReturnType<Registry["clients"]>[number]): Entry {
		const groups = new Map<string, number>();
		for (const { memberships } of connections) {
			for (const name of memberships) groups.set(name, (groups.get(name) ?? 0) + 1);
		}
		return [clientId, connections.length, Object.fromEntries(groups), meta ?? null];
	}
}

function merge(
	merged: Map<string, ClientPresence>,
	[clientId, all, groups, meta]: Entry,
	group: string | undefined,
): void {
	if (group !== undefined && !Object.hasOwn(groups, group)) return;
	const here = group === undefined ? all : (groups[group] ?? 0);
	const known = merged.get(clientId);
	merged.set(clientId, {
		clientId,
		meta: meta ?? known?.meta ?? {},
		connections: here + (known?.connections ?? 0),
	});
}

/** What another process has put up, which may be of a later version. */
function readEntries(text: string): readonly Entry[] {
	try {
		const entries: unknown = JSON.parse(text);
		return Array.isArray(entries) ? entries.filter(isEntry) : [];
	} catch {
		return [];
	}
}

function isEntry(value: unknown): value is Entry {
	if (!Array.isArray(value)) return false;
	const [clientId, connections, groups] = value as unknown[];
	return typeof clientId === "string" && typeof connections === "number" && isObject(groups);
}
