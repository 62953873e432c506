/**
 * Streams by key, for components: users of the same stream share it, and it closes when the last one releases it.
 */
import { openStream } from "./open-stream.js";
import type { EventMap, EventStream, StreamOptions } from "./types.js";

/** Whether components are rendered without a page. What they open there, nobody would close. */
export const isOnServer = typeof document === "undefined";

/** Begins to use a stream. @returns a function that ends it */
type Attach = (stream: EventStream) => () => void;

interface User {
	readonly attach: Attach;
	detach: () => void;
}

interface Pooled {
	stream: EventStream;
	openedAt: number;
	readonly users: Set<User>;
	/** Opens the stream again. */
	timer?: ReturnType<typeof setTimeout> | undefined;
}

// From one opening to the next, in milliseconds. A component that is shown only while the stream is closed, and uses it, opens it
// again each time that it closes.
const MIN_REOPEN_MS = 1_000;

const pool = new Map<string, Pooled>();

/** A stream that components share. It is open while any of them uses it. */
export interface StreamHandle<Events extends EventMap> {
	/**
	 * Has `attach` use the stream, which is opened if nobody used it. If it has closed, it is opened again, a second after it was
	 * opened last or later, and all who use it move to the new one: `attach` is called once more, after the function that it returned.
	 *
	 * @returns a function to call once when the stream is no longer needed
	 */
	use(attach: (stream: EventStream<Events>) => () => void): () => void;
	/** The stream, while anybody uses it. */
	current(): EventStream<Events> | undefined;
}

/**
 * The key is `name`, else the URL. `options` is asked each time that the stream opens, or opens again: those of the user that
 * opens it.
 */
export function streamHandle<Events extends EventMap>(
	url: string,
	name: string | undefined,
	options: () => StreamOptions<Events> | undefined,
): StreamHandle<Events> {
	const key = name ?? url;
	const open = (): EventStream => openStream(url, options() as StreamOptions | undefined);
	return {
		use(attach) {
			const pooled = pool.get(key) ?? {
				stream: open(),
				openedAt: performance.now(),
				users: new Set(),
			};
			pool.set(key, pooled);
			reopen(pooled, open);
			const own = attach as unknown as Attach;
			const user: User = { attach: own, detach: own(pooled.stream) };
			pooled.users.add(user);
			return () => release(key, pooled, user);
		},
		current: () => pool.get(key)?.stream as unknown as EventStream<Events> | undefined,
	};
}

/** Opens the stream again if it has closed, now or when it may be. */
function reopen(pooled: Pooled, open: () => EventStream): void {
	if (pooled.stream.state !== "closed") return;
	clearTimeout(pooled.timer);
	const leftMs = pooled.openedAt + MIN_REOPEN_MS - performance.now();
	if (leftMs > 0) {
		pooled.timer = setTimeout(() => reopen(pooled, open), leftMs);
		return;
	}
	pooled.stream = open();
	pooled.openedAt = performance.now();
	for (const user of pooled.users) {
		user.detach();
		const detach = user.attach(pooled.stream);
		// It may have left meanwhile.
		if (pooled.users.has(user)) user.detach = detach;
		else detach();
	}
}

function release(key: string, pooled: Pooled, user: User): void {
	user.detach();
	pooled.users.delete(user);
	// Delayed, so that a component that is mounted again in the same tick, as in StrictMode, keeps the connection.
	setTimeout(() => {
		if (pooled.users.size > 0) return;
		clearTimeout(pooled.timer);
		pooled.stream.close();
		if (pool.get(key) === pooled) pool.delete(key);
	});
}
