/**
 * Stores for Svelte. Stores of the same stream share one connection, which is open while any of them is subscribed to.
 */
import { type Readable, readable } from "svelte/store";
import { isOnServer, streamHandle } from "./stream-pool.js";
import type {
	AnyEvents,
	EventMap,
	StreamOptions,
	StreamState,
	TypeOf,
	UntypedOptions,
} from "./types.js";

/** What `streamStores` returns. */
export interface StreamStores<Events extends EventMap = AnyEvents> {
	readonly state: Readable<StreamState>;
	/** A store of the data of the latest event of a type; `undefined`, or `initial`, before the first. */
	latest<Type extends TypeOf<Events>>(type: Type, initial: Events[Type]): Readable<Events[Type]>;
	latest<Type extends TypeOf<Events>>(type: Type): Readable<Events[Type] | undefined>;
}

/** `streamStores`, where the options say nothing of the types of events. */
export function streamStores<Events extends EventMap = AnyEvents>(
	url: string,
	options: UntypedOptions,
): StreamStores<Events>;
/** Returns stores of the stream of this URL. `options`: those of `openStream`. On a server they keep their first value. */
export function streamStores<Events extends EventMap = AnyEvents>(
	url: string,
	options?: StreamOptions<Events>,
): StreamStores<Events>;
export function streamStores<Events extends EventMap>(
	url: string,
	options?: StreamOptions<Events>,
): StreamStores<Events> {
	const handle = streamHandle<Events>(url, options?.name, () => options);
	return {
		state: readable<StreamState>("connecting", (set) => {
			if (isOnServer) return undefined;
			return handle.use((stream) => {
				set(stream.state);
				return stream.onState(set);
			});
		}),
		latest: <Type extends TypeOf<Events>>(type: Type, initial?: Events[Type]) =>
			readable(initial as Events[Type], (set) => {
				if (isOnServer) return undefined;
				return handle.use((stream) => stream.on(type, ({ data }) => set(data as Events[Type])));
			}),
	};
}
