/**
 * A pipe: sends an iterable to a connection, one event per item, no faster than the client reads.
 */
import { invalid, isObject } from "../checks/errors.js";
import type { PipeOptions, PipeSource } from "../types/connection.js";
import type { SendOptions, SSEMessage } from "../types/message.js";
import type { Frame } from "../wire/frame.js";
import { endOfTurn } from "./flush-scheduler.js";
import { closeIterator, isPromiseLike, iteratorOf } from "./iterators.js";

/** What a pipe needs from its connection. */
export interface PipeTarget {
	readonly closed: boolean;
	readonly signal: AbortSignal;
	enqueue(frame: Frame): boolean;
	/** Resolves when more (or the given frame) can be written, or never will be; `undefined` if it can be written now. */
	room(frame?: Frame): Promise<void> | undefined;
}

/** What a pipe needs from the service. */
export interface PipeHost {
	/** The event may wait before it is written. */
	encode(data: unknown, options: SendOptions, use: "pipe"): Frame;
	/** Receives what the source throws while it is being closed, when the promise has already settled. */
	onError(error: unknown, stage: "pipe"): void;
}

// Items sent from a source that never waits before other work of the process gets a turn.
const ITEMS_PER_TURN = 256;

/**
 * @returns a promise of the number of events sent, settled when the source or the connection ends
 */
export async function pipe<Item>(
	target: PipeTarget,
	host: PipeHost,
	source: PipeSource<Item>,
	{ toEvent = asData, ...options }: PipeOptions<Item>,
): Promise<number> {
	const iterator = iteratorOf(typeof source === "function" ? source(target.signal) : source);

	// One listener for the whole pipe: racing each item against the same promise would keep them all.
	let stopWaiting: (() => void) | undefined;
	const onAbort = (): void => stopWaiting?.();
	target.signal.addEventListener("abort", onAbort, { once: true });

	let ended = false;
	const toNext = ({ done = false, value }: IteratorResult<Item>): unknown => {
		ended = done;
		if (done || target.closed) return undefined;
		// Awaits items that are promises, like `for await`.
		return isPromiseLike(value) ? Promise.resolve(value).then(toEvent) : toEvent(value);
	};
	/** Resolves at the latest when the connection closes, because a source may wait forever. */
	const unlessClosed = (event: PromiseLike<unknown>): Promise<unknown> =>
		new Promise((resolve, reject) => {
			stopWaiting = () => {
				ended = false;
				resolve(undefined);
			};
			event.then(resolve, reject);
		});
	/**
	 * The next event; anything once the source or the connection has ended. A promise only if the source has to be waited for: one
	 * for each event costs as much as the event.
	 */
	const next = (): unknown => {
		// A source that throws has ended by itself.
		ended = true;
		const step = iterator.next();
		const event = isPromiseLike(step) ? Promise.resolve(step).then(toNext) : toNext(step);
		return isPromiseLike(event) ? unlessClosed(event) : event;
	};

	const isPlain = Object.keys(options).length === 0;
	let count = 0;
	let sent = 0;
	try {
		// What the caller sends right after this call comes first.
		await undefined;
		while (!target.closed) {
			const step = next();
			const event = isPromiseLike(step) ? await step : step;
			if (ended || target.closed) break;
			if (!isObject(event)) {
				throw invalid("ERR_SSE_INVALID_OPTION", "toEvent must return an event, { data, … }", event);
			}
			const { data, ...own } = event;
			const frame = host.encode(data, isPlain ? own : { ...options, ...own }, "pipe");
			// A pipe waits for room, so the slow policy does not apply to it.
			for (let room = target.room(frame); room !== undefined; room = target.room(frame)) await room;
			if (target.enqueue(frame)) sent++;
			count++;
			const wait = target.room() ?? (count % ITEMS_PER_TURN === 0 ? endOfTurn() : undefined);
			if (wait !== undefined) await wait;
		}
	} finally {
		target.signal.removeEventListener("abort", onAbort);
		if (!ended) void closeIterator(iterator).catch((error) => host.onError(error, "pipe"));
	}
	return sent;
}

function asData(data: unknown): SSEMessage {
	return { data };
}
