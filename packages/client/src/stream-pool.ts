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
	readonly users: Set<User>;
}

const pool = new Map<string, Pooled>();

/** A stream that components share. It is open while any of them uses it. */
export interface StreamHandle<Events extends EventMap> {
	/**
	 * Has `attach` use the stream, which is opened if nobody used it. If it has closed, it is opened again, and all who use it
	 * move to the new one: `attach` is called once more, after the function that it returned.
	 *
	 * @returns a function to call once when the stream is no longer needed
	 */
	use(attach: (stream: EventStream<Events>) => () => void): () => void;
	/** The stream, while anybody uses it. */
	current(): EventStream<Events> | undefined;
}

/** The key is the option `name`, else the URL. The options of the first user are those of the stream. */
export function streamHandle<Events extends EventMap>(
	url: string,
	options: StreamOptions<Events> = {},
): StreamHandle<Events> {
	const key = options.name ?? url;
	const open = (): EventStream => openStream(url, options as StreamOptions);
	return {
		use(attach) {
			const pooled = pool.get(key) ?? { stream: open(), users: new Set() };
			pool.set(key, pooled);
			if (pooled.stream.state === "closed") {
				pooled.stream = open();
				for (const user of pooled.users) {
					user.detach();
					user.detach = user.attach(pooled.stream);
				}
			}
			const own = attach as unknown as Attach;
			const user: User = { attach: own, detach: own(pooled.stream) };
			pooled.users.add(user);
			return () => release(key, pooled, user);
		},
		current: () => pool.get(key)?.stream as unknown as EventStream<Events> | undefined,
	};
}

function release(key: string, pooled: Pooled, user: User): void {
	user.detach();
	pooled.users.delete(user);
	// Delayed, so that a component that is mounted again in the same tick, as in StrictMode, keeps the connection.
	setTimeout(() => {
		if (pooled.users.size > 0) return;
		pooled.stream.close();
		if (pool.get(key) === pooled) pool.delete(key);
	});
}
