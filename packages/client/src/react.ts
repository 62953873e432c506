/**
 * Hooks for React. Components that use the same stream share one connection.
 */
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { type StreamHandle, streamHandle } from "./stream-pool.js";
import type {
	AnyEvents,
	EventMap,
	StreamEvent,
	StreamOptions,
	StreamState,
	TypeOf,
	UntypedOptions,
} from "./types.js";

/** What `useStream` returns: give it to `useEvent` and `useLatest`, in this component or another. */
export interface UsedStream<Events extends EventMap = AnyEvents> {
	readonly state: StreamState;
	readonly handle: StreamHandle<Events>;
}

/** `useStream`, where the options say nothing of the types of events. */
export function useStream<Events extends EventMap = AnyEvents>(
	url: string,
	options: UntypedOptions,
): UsedStream<Events>;
/**
 * Uses the stream of this URL: it opens with the first component that uses it, and closes with the last. The component
 * renders again when `state` changes, but not on events.
 *
 * @param options those of `openStream`, read when the stream opens, and when it opens again
 */
export function useStream<Events extends EventMap = AnyEvents>(
	url: string,
	options?: StreamOptions<Events>,
): UsedStream<Events>;
export function useStream<Events extends EventMap>(
	url: string,
	options?: StreamOptions<Events>,
): UsedStream<Events> {
	const latest = useRef(options);
	latest.current = options;
	const name = options?.name;
	const handle = useMemo(() => streamHandle<Events>(url, name, () => latest.current), [url, name]);
	const subscribe = useMemo(
		() => (onChange: () => void) =>
			handle.use((stream) => {
				onChange();
				return stream.onState(onChange);
			}),
		[handle],
	);
	const state = useSyncExternalStore<StreamState>(
		subscribe,
		() => handle.current()?.state ?? "connecting",
		() => "connecting",
	);
	return useMemo(() => ({ state, handle }), [state, handle]);
}

/** Calls `listener`, always the latest one, for each event of a type while the component is mounted. */
export function useEvent<Events extends EventMap, Type extends TypeOf<Events>>(
	{ handle }: UsedStream<Events>,
	type: Type,
	listener: (event: StreamEvent<Events, Type>) => unknown,
): void {
	const latest = useRef(listener);
	useEffect(() => {
		latest.current = listener;
	});
	useEffect(
		() => handle.use((stream) => stream.on(type, (event) => latest.current(event))),
		[handle, type],
	);
}

/** The data of the latest event of a type since the component was mounted, or `initial`. */
export function useLatest<Events extends EventMap, Type extends TypeOf<Events>>(
	stream: UsedStream<Events>,
	type: Type,
	initial: Events[Type],
): Events[Type];
export function useLatest<Events extends EventMap, Type extends TypeOf<Events>>(
	stream: UsedStream<Events>,
	type: Type,
): Events[Type] | undefined;
export function useLatest<Events extends EventMap, Type extends TypeOf<Events>>(
	stream: UsedStream<Events>,
	type: Type,
	initial?: Events[Type],
): Events[Type] | undefined {
	const [data, setData] = useState<{ readonly value: Events[Type] | undefined }>({
		value: initial,
	});
	useEvent(stream, type, (event) => setData({ value: event.data as Events[Type] }));
	return data.value;
}
