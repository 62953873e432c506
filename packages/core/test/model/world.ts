/**
 * A world: a service, its clients and the reference, driven by a script.
 */
import type { ServerResponse } from "node:http";
import { eventually, settled } from "@sse-service/testing";
import { vi } from "vitest";
import {
	createSSEService,
	type RecoveredEvent,
	type SSEService,
	type SSEServiceOptions,
	type Target,
} from "../../src/index.js";
import { isFor, type Kept, type Message, Reference } from "./reference.js";
import {
	type Open,
	type Recovery,
	rulesOf,
	type Script,
	type Send,
	type Setup,
	type Step,
	TABS,
} from "./script.js";
import { type Expected, type KnownId, type LogFacts, Tab } from "./tab.js";
import { startWire, type Transport, type Wire } from "./wire.js";

const GARBAGE = "v1.nowhere.1";

/** Before the first event of each log. */
const FROM_START: KnownId = {
	id: "",
	epoch: Number.NaN,
	sequence: 0,
	isPartial: false,
	states: new Set(),
};

const START = Date.UTC(2026, 0, 1);

/** Run a script. @throws when a client has seen anything else than it should have */
export async function play({ setup, groups, steps }: Script, transport: Transport): Promise<void> {
	vi.setSystemTime(START);
	let passedMs = 0;
	const clock = vi.spyOn(performance, "now").mockImplementation(() => {
		passedMs += setup.isBusy ? 1_000 : 0;
		return passedMs;
	});
	const world = new World(setup);
	await world.start(transport);
	try {
		for (const [tab, own] of groups.entries()) await world.take(opening(tab, own));
		for (const step of steps) await world.take(step);
		await world.checkAll();
	} finally {
		await world.stop();
		clock.mockRestore();
	}
}

function opening(tab: number, groups: string[]): Open {
	return { do: "open", tab, groups, from: "nowhere", before: [], after: [], isSlow: false };
}

interface StateOf {
	readonly event: Kept;
	readonly isState: true;
}

/** The turn in which a client has come. */
interface Turn {
	/** How it came to groups: after how many of the events that it was sent, and behind which mark. */
	readonly entrances: {
		readonly groups: readonly string[];
		readonly upTo: number;
		readonly after: number;
		readonly mark: string | undefined;
	}[];
	/** The last event before the turn. */
	readonly begun: number;
	/** The last one that it can be given although it was not sent to it. */
	upTo: number;
}

class World {
	readonly #setup: Setup;
	readonly #tabs = TABS.map((clientId) => new Tab(clientId));
	readonly #published = new Map<string, { readonly event: Kept; readonly id: Promise<string> }>();
	#sse: SSEService;
	#reference: Reference;
	#epoch = 0;
	#wireEpoch: string | undefined;
	#sent = 0;
	#mayBeSlow = false;
	#wire: Wire | undefined;
	#onRequest: ((res: ServerResponse, connect: () => void) => void) | undefined;

	constructor(setup: Setup) {
		this.#setup = setup;
		this.#sse = createSSEService(optionsOf(setup));
		this.#reference = new Reference(rulesOf(setup));
	}

	async start(transport: Transport): Promise<void> {
		this.#wire = await startWire((req, res) => {
			const tab = this.#tabs[Number(req.url?.slice(1))];
			if (tab === undefined) throw new Error("no such tab");
			this.#onRequest?.(res, () => {
				const { clientId, groups } = tab;
				tab.withheld.clear();
				const client = { clientId, groups: [...groups], since: tab.since };
				tab.connection = this.#sse.connect({ req, res, ...client }).connection;
			});
		}, transport);
	}

	async stop(): Promise<void> {
		for (const tab of this.#tabs) tab.destroy();
		await this.#sse.close();
		await this.#wire?.close();
	}

	async take(step: Step): Promise<void> {
		switch (step.do) {
			case "send":
				return this.#send(step);
			case "open":
				return this.#open(step);
			case "wait":
				vi.setSystemTime(Date.now() + step.ms);
				return;
			case "restart":
				return this.#restart(step.isOrderly);
		}
		const tab = this.#tabs[step.tab];
		if (tab?.connection === undefined) return;
		switch (step.do) {
			case "cut":
				return this.#cut(tab, step.share);
			case "join":
				return this.#join(tab, step.group);
			case "leave":
				await this.#settle(tab);
				if (tab.connection === undefined) return;
				this.#sse.leave({ connection: tab.connection }, step.group);
				tab.groups.delete(step.group);
				tab.knowStates([...tab.states].filter((group) => group !== step.group));
				return;
			case "pause":
				return tab.pause();
			case "read":
				return this.#checkAllOf(tab);
			case "end":
				tab.isClosing = true;
				tab.connection.close();
				tab.read();
				await tab.until(() => tab.hasEnded);
				return this.#left(tab, tab.text.length);
		}
	}

	/** Every client that is connected has all that it should have. */
	async checkAll(): Promise<void> {
		for (const tab of this.#tabs) if (tab.isOpen) await this.#checkAllOf(tab);
		for (const { event, id } of this.#published.values()) {
			const sequence = Number.parseInt((await id).split(".")[2] ?? "", 36);
			if (sequence !== event.sequence) throw new Error(`published as ${await id}`);
		}
	}

	get #facts(): LogFacts {
		const world = this;
		return {
			get wireEpoch() {
				return world.#wireEpoch;
			},
			set wireEpoch(epoch) {
				world.#wireEpoch = epoch;
			},
			length: this.#reference.events.length,
			mayDrop: this.#setup.slowPolicy === "drop-oldest",
		};
	}

	#send(send: Send): void {
		for (let count = 0; count < send.times; count++) this.#sendOne(send);
	}

	#sendOne({ to, except, key, ttlMs, ownId, size, once }: Send): void {
		const excepted = except !== undefined && "tab" in except ? this.#tabs[except.tab] : undefined;
		const connection = excepted?.connection;
		const message: Message = {
			...to,
			exceptClient: except !== undefined && "client" in except ? except.client : undefined,
			key,
			ttlMs,
			ownId,
			data: `${++this.#sent} ${"x".repeat(size)}`,
		};
		const form = "client" in to || "group" in to ? to : { all: true as const };
		const told = connection === undefined ? message.exceptClient : undefined;
		const exception =
			connection === undefined ? told !== undefined && { client: told } : { connection };
		const target = { ...form, ...(exception && { except: exception }) } as Target;
		const options = { key, ttlMs, id: ownId };

		// One key for two targets is two events.
		const name = `${once} ${JSON.stringify(to)}`;
		const known = once === undefined ? undefined : this.#published.get(name);
		if (once !== undefined && known !== undefined && this.#isRemembered(known.event)) {
			// It is the first one that counts.
			void this.#sse.publish(target, message.data, { ...options, idempotencyKey: once });
			return;
		}
		const event = this.#reference.append(message, Date.now());
		excepted?.withheld.add(event);
		const receivers = this.#tabs.filter(
			(tab) => tab.isOpen && tab !== excepted && isFor(message, tab),
		);
		for (const tab of receivers) tab.expected.push({ event, isState: false });
		// One that is slow may be let go.
		this.#mayBeSlow ||= size > 0;
		if (once === undefined) {
			const reached = this.#sse.send(target, message.data, options);
			if (!this.#mayBeSlow && reached !== receivers.length) {
				throw new Error(`${message.data} reached ${reached}, not ${receivers.length}`);
			}
		} else {
			const published = this.#sse.publish(target, message.data, {
				...options,
				idempotencyKey: once,
			});
			this.#published.delete(name);
			this.#published.set(name, { event, id: published.then(({ id }) => id) });
			// As many keys are remembered as events are kept.
			const [oldest = name] = this.#published.keys();
			if (this.#published.size > this.#setup.maxEvents) this.#published.delete(oldest);
		}
	}

	#isRemembered({ at }: Kept): boolean {
		return Date.now() - at < this.#setup.maxAgeMs;
	}

	async #open({ tab: index, groups, from, before, after, isSlow }: Open): Promise<void> {
		const tab = this.#tabs[index];
		if (tab === undefined || this.#wire === undefined) return;
		if (tab.isOpen) await this.#cut(tab, 1);
		tab.since = from === "start" ? "start" : "now";
		const earlier = typeof from === "number" ? tab.ids.at(-1 - from) : undefined;
		const known = from === "start" ? { ...FROM_START, epoch: this.#epoch } : earlier;
		const lastEventId = from === "garbage" ? GARBAGE : known?.id;
		const headers: Record<string, string> = {};
		if (lastEventId) {
			headers["last-event-id"] = Buffer.from(lastEventId).toString("latin1");
		}
		// An id says nothing of a group that its client had not come to: it comes to it again, by joining.
		const isCovered = (group: string): boolean =>
			earlier === undefined || earlier.isPartial || earlier.states.has(group);
		const joins = groups.filter((group) => this.#reference.keepsLatest(group) && !isCovered(group));
		tab.groups = new Set(groups.filter((group) => !joins.includes(group)));
		const connected = new Promise<void>((resolve, reject) => {
			this.#onRequest = (_, connect) => {
				this.#onRequest = undefined;
				try {
					for (const send of before) this.#send(send);
					connect();
					const turn = this.#spend(tab, after, known, lastEventId !== undefined, isCovered);
					// What it missed is looked up at its flush. Nothing more is sent until then.
					tab.expected = this.#welcome(tab, lastEventId, known, turn);
					void flushed().then(resolve);
				} catch (error) {
					reject(error);
				}
			};
		});
		const opened = tab.open(this.#wire.request(`/${index}`, headers), isSlow);
		const [isOpened] = await settled(Promise.all([opened, connected]), "a connection");
		if (!isOpened) {
			const { closeReason } = tab.connection ?? {};
			if (closeReason !== "slow") throw new Error(`refused: ${closeReason}`);
			return this.#left(tab, 0);
		}
		for (const group of joins) await this.#join(tab, group);
	}

	/** Do what happens in the turn in which a client has come, except what says nothing of a state that it is owed. */
	#spend(
		tab: Tab,
		steps: Open["after"],
		known: KnownId | undefined,
		hasId: boolean,
		isCovered: (group: string) => boolean,
	): Turn {
		const { connection } = tab;
		if (connection === undefined) throw new Error("it is not connected");
		const { events } = this.#reference;
		const begun = events.length;
		const turn: Turn = {
			entrances: [{ groups: [...tab.groups], upTo: begun, after: 0, mark: undefined }],
			begun,
			upTo: begun,
		};
		for (const step of steps) {
			if (step.do === "send") this.#send(step);
			else if (step.do === "tell") {
				const data = `told ${++this.#sent}`;
				connection.send(data, { id: step.id });
				tab.expected.push({ isState: false, data, after: events.length });
			} else if (step.do === "look") {
				const isResumed = hasId && this.#missed(tab, known) !== undefined;
				if (connection.resumed !== isResumed) throw new Error(`resumed is not ${isResumed}`);
			} else if (step.do === "leave") {
				this.#sse.leave({ connection }, step.group);
				tab.groups.delete(step.group);
			} else if (!tab.groups.has(step.group) && (!hasId || isCovered(step.group))) {
				const after = tab.expected.length;
				const mark = hasId ? undefined : tab.sendMark();
				this.#sse.join({ connection }, step.group);
				tab.groups.add(step.group);
				turn.entrances.push({ groups: [step.group], upTo: events.length, after, mark });
				// It is given what was sent since it came, and before it came to this group.
				turn.upTo = events.length;
			}
		}
		return turn;
	}

	/** What a client should be given that connects. `expected`: what it was sent in the same turn */
	#welcome(
		tab: Tab,
		lastEventId: string | undefined,
		known: KnownId | undefined,
		{ entrances, begun, upTo }: Turn,
	): Expected[] {
		const states = [...tab.groups].filter((group) => this.#reference.keepsLatest(group));
		tab.knowStates(states);
		const hasWaited = this.#setup.slowPolicy === "conflate";
		const live = tab.expected.map((one) => ({ ...one, hasWaited }));
		if (lastEventId === undefined) {
			return entrances.flatMap(({ groups, upTo, after, mark }, index) => [
				...this.#stateOf(tab, groups)
					.filter(({ event }) => event.sequence <= upTo)
					.map((state) => ({ ...state, from: mark })),
				...live.slice(after, entrances[index + 1]?.after),
			]);
		}
		const isPartial = known?.isPartial === true && known.epoch === this.#epoch;
		const reached = new Set(live.map(({ event }) => event));
		const isMissing = (event: Kept): boolean => !reached.has(event) && !tab.withheld.has(event);
		const missed = this.#missed(tab, known);
		const isGone = known !== undefined && known.epoch !== this.#epoch;
		const reason = known === undefined ? "invalid" : isGone ? "epoch" : "expired";
		const gap = missed === undefined ? this.#gap(reason, lastEventId) : [];
		const isGiven = isPartial || missed === undefined;
		const state = isGiven ? this.#stateOf(tab, states) : [];
		// What it was not sent in its turn, because it was not in the group yet, has its place among what it was sent.
		const late = upTo > begun ? this.#after(begun, tab, isPartial) : [];
		// It is given nothing twice.
		if (late === undefined) return [...gap, ...state, ...live.filter(({ event }) => !event)];
		const fromTurn = isPartial ? [...late, ...state.map(({ event }) => event)] : late;
		const given = fromTurn.filter(
			(event) => isMissing(event) && event.sequence > begun && event.sequence <= upTo,
		);
		const events = (missed ?? []).filter((event) => isMissing(event) && event.sequence <= begun);
		const inTurn = [...live, ...given.map((event) => ({ event, isState: false as const }))];
		return [
			...gap,
			...state.filter(({ event }) => event.sequence <= begun),
			...events.map((event) => ({ event, isState: false as const })),
			...inTurn.toSorted((one, other) => placeOf(one) - placeOf(other)),
		];
	}

	/** What a client missed since it had an id. @returns `undefined` when some of it is not there */
	#missed(tab: Tab, known: KnownId | undefined): readonly Kept[] | undefined {
		if (known?.epoch !== this.#epoch) return undefined;
		return this.#after(known.sequence, tab, known.isPartial);
	}

	#after(sequence: number, tab: Tab, isPartial: boolean): readonly Kept[] | undefined {
		const isOwed = this.#isOwedTo(isPartial);
		return this.#reference.after(sequence, tab, isOwed, Date.now(), tab.since === "start");
	}

	/** What a client is owed that may be given the state of its groups instead. */
	#isOwedTo(isPartial: boolean): (event: Kept) => boolean {
		return (event) => !(isPartial && this.#reference.isLatest(event));
	}

	#gap(reason: string, lastEventId: string): Expected[] {
		const { recovery } = this.#setup;
		const told = { isState: false as const, data: JSON.stringify({ reason }) };
		const given = recovered(recovery, lastEventId).map(({ data }) => ({
			isState: false as const,
			data: String(data),
		}));
		return recovery === "none" || recovery === "throws" ? [...given, told] : given;
	}

	#stateOf(tab: Tab, groups: readonly string[]): StateOf[] {
		const latest = this.#reference.latest(groups, tab, Date.now());
		return latest.map((event) => ({ event, isState: true as const }));
	}

	async #join(tab: Tab, group: string): Promise<void> {
		await this.#settle(tab);
		if (tab.connection === undefined) return;
		const isNew = !tab.groups.has(group);
		// In one turn: a heartbeat between them would say that it had the state.
		const mark = tab.sendMark();
		this.#sse.join({ connection: tab.connection }, group);
		tab.groups.add(group);
		if (!isNew || !this.#reference.keepsLatest(group)) return;
		const states = this.#stateOf(tab, [group]);
		const from = (await tab.untilMark(mark)) ?? tab.text.length;
		tab.expected.push(...states.map((state) => ({ ...state, from })));
		tab.knowStates([...tab.states, group], from);
		await this.#settle(tab);
	}

	/** Have a tab read all that it was sent. */
	async #settle(tab: Tab): Promise<void> {
		tab.read();
		if (!(await tab.catchUp())) this.#left(tab, tab.text.length);
	}

	async #checkAllOf(tab: Tab): Promise<void> {
		tab.read();
		const isOpen = await tab.catchUp();
		const count = tab.check(tab.text.length, this.#epoch, this.#facts);
		if (isOpen && count < tab.expected.length && !this.#facts.mayDrop) {
			const missing = tab.expected.slice(count).filter((one) => !tab.mayBeLeftOut(one));
			if (missing.length > 0) throw new Error(`missing: ${JSON.stringify(missing).slice(0, 200)}`);
		}
		if (!isOpen) this.#left(tab, tab.text.length);
	}

	async #cut(tab: Tab, share: number): Promise<void> {
		if (!tab.isPaused) await tab.catchUp();
		const { connection } = tab;
		tab.destroy();
		await eventually(() => connection?.closed !== false, "the server to know");
		this.#left(tab, Math.round(tab.text.length * share));
	}

	#left(tab: Tab, length: number): void {
		if (tab.connection === undefined) return;
		tab.check(length, this.#epoch, this.#facts);
		tab.connection = undefined;
		tab.isClosing = false;
		tab.expected = [];
	}

	async #restart(isOrderly: boolean): Promise<void> {
		if (isOrderly) {
			for (const tab of this.#tabs) tab.isClosing = tab.isOpen;
			const closed = this.#sse.close();
			for (const tab of this.#tabs) if (tab.isOpen) tab.read();
			await closed;
		} else for (const tab of this.#tabs) tab.destroy();
		for (const tab of this.#tabs) {
			if (!tab.isOpen) continue;
			await tab.until(() => tab.hasEnded);
			this.#left(tab, tab.text.length);
		}
		await this.#sse.close();
		this.#published.clear();
		this.#epoch++;
		this.#wireEpoch = undefined;
		this.#sse = createSSEService(optionsOf(this.#setup));
		this.#reference = new Reference(rulesOf(this.#setup));
	}
}

/**
 * Resolves when all that was sent so far has been flushed: each slice of a flush takes at least one connection, and a round may be
 * under way.
 */
async function flushed(): Promise<void> {
	for (let slices = 0; slices < 2 * TABS.length; slices++) {
		await new Promise((resolve) => setImmediate(resolve));
	}
}

/** An event for this connection alone comes after the events that were sent before it. */
function placeOf(expected: Expected): number {
	if (expected.event !== undefined) return expected.event.sequence;
	return (expected.after ?? 0) + 0.5;
}

function recovered(recovery: Recovery, lastEventId: string): RecoveredEvent[] {
	if (recovery === "none") return [];
	return [{ data: `recovered since ${lastEventId}` }];
}

function optionsOf(setup: Setup): SSEServiceOptions {
	const { byDefault, ofGroups } = rulesOf(setup);
	const { maxEvents, maxAgeMs } = byDefault;
	const { slowPolicy, heartbeatIntervalMs, recovery } = setup;
	return {
		history: { maxEvents, maxAgeMs, groups: Object.fromEntries(ofGroups) },
		slowPolicy,
		heartbeatIntervalMs,
		maxBufferedBytes: 64 * 1024,
		recover: recovery === "none" ? undefined : recoverBy(recovery),
	};
}

function recoverBy(recovery: Recovery): SSEServiceOptions["recover"] {
	return ({ lastEventId }) => {
		const events = recovered(recovery, lastEventId);
		switch (recovery) {
			case "promise":
				return Promise.resolve(events);
			case "generator":
				return later(events);
			case "throws":
				return failing(events);
			default:
				return events;
		}
	};
}

async function* later(events: readonly RecoveredEvent[]): AsyncGenerator<RecoveredEvent> {
	for (const event of events) {
		await new Promise((resolve) => setImmediate(resolve));
		yield event;
	}
}

function* failing(events: readonly RecoveredEvent[]): Generator<RecoveredEvent> {
	yield* events;
	throw new Error("it cannot be had");
}
