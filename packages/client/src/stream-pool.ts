/**
 * Streams by key, for components: users of the same stream share it, and it closes when the last one releases it.
 */
import { openStream } from "./open-stream.js";
import type { EventMap, EventStream, StreamOptions } from "./types.js";

/** Whether components are rendered without a page. What they open there, nobody would close. */
export const isOnServer = typeof document === "undefined";

interface Pooled {
	readonly stream: EventStream;
	users: number;
}

const pool = new Map<string, Pooled>();

/** A stream that components share. It is open while any of them uses it. */
export interface StreamHandle<Events extends EventMap> {
	/** @returns the stream, opened if it was unused, and a function to call once when it is no longer needed */
	acquire(): readonly [stream: EventStream<Events>, release: () => void];
	/** The stream, while anybody uses it. */
	current(): EventStream<Events> | undefined;
}

/** The key is the option `name`, else the URL. The options of the first user are those of the stream. */
export function streamHandle<Events extends EventMap>(
	url: string,
	options: StreamOptions<Events> = {},
): StreamHandle<Events> {
	const key = options.name ?? url;
	return {
		acquire() {
			let pooled = pool.get(key);
			if (pooled === undefined || pooled.stream.state === "closed") {
				pooled = { stream: openStream(url, options as StreamOptions), users: 0 };
				pool.set(key, pooled);
			}
			const own = pooled;
			own.users++;
			return [own.stream as unknown as EventStream<Events>, () => release(key, own)];
		},
		current: () => pool.get(key)?.stream as unknown as EventStream<Events> | undefined,
	};
}

function release(key: string, pooled: Pooled): void {
	pooled.users--;
	// Delayed, so that a component that is mounted again in the same tick, as in StrictMode, keeps the connection.
	setTimeout(() => {
		if (pooled.users > 0) return;
		pooled.stream.close();
		if (pool.get(key) === pooled) pool.delete(key);
	});
}
