/**
 * A pipe: an iterable sent to a connection, an event for each item, no faster than the client reads.
 */
import type { PipeOptions, PipeSource } from "../types/connection.js";
import type { SendOptions, SSEMessage } from "../types/message.js";
import type { Frame } from "../wire/frame.js";
import { endOfTurn } from "./flush-scheduler.js";
import { closeIterator, iteratorOf } from "./iterators.js";

/** What a pipe needs of the connection it feeds. */
export interface PipeTarget {
	readonly closed: boolean;
	readonly signal: AbortSignal;
	enqueue(frame: Frame): boolean;
	/** Resolves when more can be written (this frame, if it is told), or never will be; `undefined` when it can be now. */
	room(frame?: Frame): Promise<void> | undefined;
}

/** What it needs of the service. */
export interface PipeHost {
	encode(data: unknown, options: SendOptions): Frame;
	/** Told what the source throws while it is being closed, when the promise is settled. */
	onError(error: unknown, stage: "pipe"): void;
}

// How many items of a source that never waits are sent before other work of the process gets a turn.
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

	/** The next item, or `undefined` as soon as the connection has closed: a source may be waiting for ever. */
	const next = (): Promise<IteratorResult<Item> | undefined> =>
		new Promise((resolve, reject) => {
			stopWaiting = () => resolve(undefined);
			Promise.resolve(iterator.next()).then(resolve, reject);
		});

	let ended = false;
	let items = 0;
	let sent = 0;
	try {
		while (!target.closed) {
			// A source that throws has ended by itself.
			ended = true;
			const step = await next();
			if (step?.done) break;
			ended = false;
			if (step === undefined) break;
			const { data, ...own } = toEvent(step.value);
			const frame = host.encode(data, { ...options, ...own });
			// The slow policy is for what does not wait.
			for (let room = target.room(frame); room !== undefined; room = target.room(frame)) await room;
			if (target.enqueue(frame)) sent++;
			items++;
			await (target.room() ?? (items % ITEMS_PER_TURN === 0 ? endOfTurn() : undefined));
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
