/**
 * A tab: one client's real stream, compared with the expected one.
 */
import type http from "node:http";
import { eventually, settled } from "@sse-service/testing";
import type { SSEConnection } from "../../src/index.js";
import type { Kept } from "./reference.js";

/** What a stream should have next. */
export type Expected =
	| {
			readonly event: Kept;
			readonly isState: boolean;
			/** After how many characters, or behind which mark. */
			readonly from?: number | string | undefined;
			/** It may have waited for a newer one of its key. */
			readonly hasWaited?: boolean;
	  }
	| {
			readonly event?: undefined;
			readonly isState: false;
			readonly data: string;
			/** How many events had been sent before it. */
			readonly after?: number;
	  };

/** An id that a client had, and the groups whose newest state it then had. */
export interface KnownId {
	readonly id: string;
	readonly epoch: number;
	readonly sequence: number;
	readonly isPartial: boolean;
	readonly states: ReadonlySet<string>;
}

interface Block {
	readonly id: string | undefined;
	readonly data: string | undefined;
	readonly end: number;
}

export class Tab {
	readonly clientId: string;
	/** Every id it ever had, the newest last. */
	ids: KnownId[] = [];
	connection: SSEConnection | undefined;
	/** Where it begins without an id. */
	since: "start" | "now" = "now";
	groups = new Set<string>();
	/** The groups whose newest state it has, or is being given, from each place in the text on. */
	#states: { readonly from: number; readonly groups: ReadonlySet<string> }[] = [];
	expected: Expected[] = [];
	/** The events that were for all but this tab. */
	withheld = new Set<Kept>();
	isPaused = false;
	wasPaused = false;
	/** Whether the server is closing its stream, whatever it still lacks. */
	isClosing = false;
	text = "";
	#request: http.ClientRequest | undefined;
	#response: http.IncomingMessage | undefined;
	#onText: (() => void) | undefined;
	#marks = 0;

	constructor(clientId: string) {
		this.clientId = clientId;
	}

	get isOpen(): boolean {
		return this.connection !== undefined;
	}

	/** From there on, in its text, these are the groups whose newest state it has, or is being given. */
	knowStates(groups: Iterable<string>, from = this.text.length): void {
		this.#states.push({ from, groups: new Set(groups) });
	}

	get states(): ReadonlySet<string> {
		return this.#states.at(-1)?.groups ?? new Set();
	}

	/** @returns whether there was a response */
	async open(request: http.ClientRequest, isSlow: boolean): Promise<boolean> {
		this.#request = request;
		this.#response = undefined;
		this.text = "";
		this.#states = [];
		this.isPaused = isSlow;
		this.wasPaused = isSlow;
		request.on("error", () => {});
		request.end();
		const response = await settled(
			new Promise<http.IncomingMessage | undefined>((resolve) => {
				request.on("response", resolve);
				request.on("close", () => resolve(undefined));
			}),
			"a response",
		);
		if (response === undefined) return false;
		this.#response = response;
		response.setEncoding("utf8");
		response.on("error", () => {});
		response.on("close", () => this.#onText?.());
		if (isSlow) response.pause();
		response.on("data", (text: string) => {
			this.text += text;
			this.#onText?.();
		});
		if (isSlow) response.pause();
		return true;
	}

	pause(): void {
		this.isPaused = true;
		this.wasPaused = true;
		this.#response?.pause();
	}

	read(): void {
		this.isPaused = false;
		this.#response?.resume();
	}

	/** Resolves when all that was sent to it is here, or its stream has ended. @returns whether it is still open */
	async catchUp(): Promise<boolean> {
		const { connection } = this;
		let mark = this.sendMark();
		while (mark === undefined && connection?.closed === false) {
			await eventually(() => connection.bufferedBytes === 0, "room for a mark");
			mark = this.sendMark();
		}
		return (await this.untilMark(mark)) !== undefined && connection?.closed === false;
	}

	/**
	 * Separates what was sent to it before from what is sent after.
	 *
	 * @returns its text; `undefined` if it was dropped, because the sink holds as much as may wait
	 */
	sendMark(): string | undefined {
		// Every second one with an id, which must not lead back either.
		const id = ++this.#marks % 2 === 0 ? this.#marks : undefined;
		if (this.connection?.send(`mark ${this.#marks}`, { id }) !== 1) return undefined;
		return `data: mark ${this.#marks}\n\n`;
	}

	/** Resolves when a mark has come, or never will. @returns behind how many characters, if it has */
	async untilMark(mark: string | undefined): Promise<number | undefined> {
		const place = (): number => (mark === undefined ? Infinity : this.#placeOf(mark));
		await this.until(() => place() < Infinity || this.hasEnded);
		return place() < Infinity ? place() : undefined;
	}

	get hasEnded(): boolean {
		return this.#response?.closed === true;
	}

	/** Its stream ended as it should. */
	get hasEndedOrderly(): boolean {
		return this.#response?.complete === true;
	}

	until(test: () => boolean): Promise<void> {
		const holds = new Promise<void>((resolve) => {
			this.#onText = () => {
				if (!test()) return;
				this.#onText = undefined;
				resolve();
			};
			this.#onText();
		});
		return settled(holds, () => `more than ${JSON.stringify(this.text.slice(-300))}`);
	}

	destroy(): void {
		this.#request?.destroy();
	}

	/**
	 * Compares what it was sent, up to `length` characters, with the expected text, and records its ids.
	 *
	 * @returns how many of the expected have come
	 * @throws when something is missing, twice, out of order, or passed over by an id
	 */
	check(length: number, epoch: number, log: LogFacts): number {
		let next = 0;
		let sequence = 0;
		let isDropped = false;
		/** What came last was sent to this connection alone, and something before it has not come. */
		let isAhead = false;
		for (const { id, data, end } of blocksOf(this.text)) {
			if (end > length) break;
			if (data === '{"reason":"slow"}') {
				if (!log.mayDrop) throw new Error("a gap because it is slow");
				isDropped = true;
			} else if (data?.startsWith("mark ") === false) {
				const from = next;
				next = this.#find(data, from, isDropped);
				const found = this.expected[next];
				const passed = this.expected.slice(from, next);
				isAhead ||= !isDropped && passed.some((one) => !this.mayBeLeftOut(one));
				if (isAhead && (!isOfOne(found) || id !== undefined)) {
					throw new Error(`${data.slice(0, 60)} with the id ${id} came too early`);
				}
				checkId(found, id);
				isDropped = false;
				next++;
			}
			if (id === undefined || id === "") continue;
			const known = readId(id, epoch, log);
			if (known.sequence < sequence) throw new Error(`the id ${id} comes after ${sequence}`);
			sequence = known.sequence;
			if (!isDropped) this.#checkPassedOver(next, known, end);
			const states = this.#states.findLast(({ from }) => from < end)?.groups ?? new Set();
			this.ids.push({ ...known, states });
		}
		return next;
	}

	/** Where the expected that has this data is: `from`, or after what may be left out. */
	#find(data: string, from: number, isDropped: boolean): number {
		for (let index = from; index < this.expected.length; index++) {
			const expected = this.expected[index];
			if (expected === undefined) break;
			if (dataOf(expected) === data) return index;
			if (!isDropped && !this.mayBeLeftOut(expected)) break;
		}
		// A close does not wait for a replay, and drops nothing that was sent to its connection alone.
		const ahead = this.expected.findIndex(
			(one, index) => index >= from && isOfOne(one) && dataOf(one) === data,
		);
		if (this.isClosing && ahead >= 0) return ahead;
		const wanted = this.expected[from];
		const told = wanted === undefined ? "nothing" : JSON.stringify(dataOf(wanted).slice(0, 60));
		throw new Error(`${JSON.stringify(data.slice(0, 60))} came where ${told} should`);
	}

	/** A newer one of its key makes up for it; or it is state that was read when it was of no use, or not kept, any more. */
	mayBeLeftOut(expected: Expected): boolean {
		if (expected.event === undefined) return false;
		const { event, isState, hasWaited } = expected;
		const isOver = event.isTrimmed || Date.now() >= event.at + (event.ttlMs ?? Infinity);
		if (isState && isOver) return true;
		return event.isReplaced && (isState || this.wasPaused || hasWaited === true);
	}

	#placeOf(from: number | string = 0): number {
		if (typeof from === "number") return from;
		const at = this.text.indexOf(from);
		return at < 0 ? Infinity : at + from.length;
	}

	/** An id says that all before it has come. */
	#checkPassedOver(from: number, known: Omit<KnownId, "states">, end: number): void {
		for (const expected of this.expected.slice(from)) {
			if (expected.event !== undefined && end <= this.#placeOf(expected.from)) return;
			if (this.mayBeLeftOut(expected)) continue;
			// An id says nothing about events that only one connection was sent.
			if (isOfOne(expected)) continue;
			if (expected.isState) {
				if (known.isPartial) continue;
				throw new Error(`the id ${known.id} came before the state ${dataOf(expected)}`);
			}
			const after = expected.event?.sequence ?? 0;
			if (after > known.sequence) return;
			throw new Error(`the id ${known.id} passes over ${JSON.stringify(dataOf(expected))}`);
		}
	}
}

/** What is known of the log that ids speak of. */
export interface LogFacts {
	/** Its epoch on the wire, once it is known. */
	wireEpoch: string | undefined;
	readonly length: number;
	readonly mayDrop: boolean;
}

/** Whether only this connection was sent it. */
function isOfOne(expected: Expected | undefined): boolean {
	return expected !== undefined && expected.event === undefined && expected.after !== undefined;
}

function dataOf(expected: Expected): string {
	return expected.event?.data ?? (expected as { readonly data: string }).data;
}

function checkId(expected: Expected | undefined, id: string | undefined): void {
	if (expected?.event === undefined) return;
	if (expected.isState) {
		if (id !== undefined) throw new Error(`state has the id ${id}`);
		return;
	}
	const { sequence, ownId } = expected.event;
	const [, digits, own] = /^v1\.[^.]+\.([^.]+)\.[^.;]+(?:;([\s\S]*))?$/.exec(id ?? "") ?? [];
	if (Number.parseInt(digits ?? "", 36) !== sequence || own !== ownId) {
		throw new Error(`event ${sequence} with own id ${ownId} has the id ${id}`);
	}
}

function readId(id: string, epoch: number, log: LogFacts): Omit<KnownId, "states"> {
	const [, wireEpoch, digits = "", , mark] =
		/^v1\.([^.]+)\.([^.]+)\.([^.;~]+)(~?)(?:;[\s\S]*)?$/.exec(id) ?? [];
	log.wireEpoch ??= wireEpoch;
	if (wireEpoch !== log.wireEpoch) throw new Error(`the id ${id} is of another log`);
	const sequence = Number.parseInt(digits, 36);
	if (!(sequence <= log.length)) throw new Error(`the id ${id} is after the end, ${log.length}`);
	return { id, epoch, sequence, isPartial: mark === "~" };
}

/** The blocks of an event stream that have ended. */
function blocksOf(text: string): Block[] {
	const blocks: Block[] = [];
	let end = 0;
	for (const part of text.split("\n\n").slice(0, -1)) {
		end += part.length + 2;
		const lines = part.split("\n");
		const field = (name: string): string[] =>
			lines
				.filter((line) => line.startsWith(`${name}: `))
				.map((line) => line.slice(name.length + 2));
		const data = field("data");
		blocks.push({
			id: field("id").at(-1),
			data: data.length === 0 ? undefined : data.join("\n"),
			end,
		});
	}
	return blocks;
}
