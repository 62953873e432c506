/**
 * Composables for Vue. Components that use the same stream share one connection.
 */
import { onScopeDispose, type Ref, readonly, type ShallowRef, shallowRef, watch } from "vue";
import { openStream } from "./open-stream.js";
import { isOnServer, streamHandle } from "./stream-pool.js";
import type {
	AnyEvents,
	EventMap,
	EventStream,
	StreamEvent,
	StreamOptions,
	StreamState,
	TypeOf,
	UntypedOptions,
} from "./types.js";

/** The stream of this URL and its state. It closes with the last scope that uses it. */
export interface UsedStream<Events extends EventMap = AnyEvents> {
	/** Reactive: another one, if a scope opens the stream again after it has closed. */
	readonly stream: EventStream<Events>;
	readonly state: Readonly<Ref<StreamState>>;
}

/** `useStream`, where the options say nothing of the types of events. */
export function useStream<Events extends EventMap = AnyEvents>(
	url: string,
	options: UntypedOptions,
): UsedStream<Events>;
/**
 * Uses the stream of this URL until the scope of the caller is disposed. `options`: those of `openStream`. While a server renders
 * the component, the stream is a closed one, and `state` is `connecting`, as it will be on the page.
 */
export function useStream<Events extends EventMap = AnyEvents>(
	url: string,
	options?: StreamOptions<Events>,
): UsedStream<Events>;
export function useStream<Events extends EventMap>(
	url: string,
	options?: StreamOptions<Events>,
): UsedStream<Events> {
	if (isOnServer) {
		const stream = openStream<Events>("data:,", { signal: AbortSignal.abort() });
		return { stream, state: shallowRef("connecting") };
	}
	const current = shallowRef() as ShallowRef<EventStream<Events>>;
	const state = shallowRef<StreamState>("connecting");
	const release = streamHandle<Events>(url, options?.name, () => options).use((stream) => {
		current.value = stream;
		state.value = stream.state;
		return stream.onState((next) => {
			state.value = next;
		});
	});
	onScopeDispose(release);
	return {
		get stream() {
			return current.value;
		},
		state: readonly(state),
	};
}

/** Calls `listener` for each event of a type until the scope of the caller is disposed. */
export function useEvent<Events extends EventMap, Type extends TypeOf<Events>>(
	used: UsedStream<Events>,
	type: Type,
	listener: (event: StreamEvent<Events, Type>) => unknown,
): void {
	// A closed stream, to which no event comes.
	if (isOnServer) return;
	watch(
		() => used.stream,
		(stream, _before, onCleanup) => onCleanup(stream.on(type, listener)),
		// At once: events may follow in this tick.
		{ immediate: true, flush: "sync" },
	);
}

/** The data of the latest event of a type; `undefined`, or `initial`, before the first. */
export function useLatest<Events extends EventMap, Type extends TypeOf<Events>>(
	used: UsedStream<Events>,
	type: Type,
	initial: Events[Type],
): Readonly<Ref<Events[Type]>>;
export function useLatest<Events extends EventMap, Type extends TypeOf<Events>>(
	used: UsedStream<Events>,
	type: Type,
): Readonly<Ref<Events[Type] | undefined>>;
export function useLatest<Events extends EventMap, Type extends TypeOf<Events>>(
	used: UsedStream<Events>,
	type: Type,
	initial?: Events[Type],
): Readonly<Ref<Events[Type] | undefined>> {
	const data = shallowRef<Events[Type]>();
	data.value = initial;
	useEvent(used, type, (event) => {
		data.value = event.data as Events[Type];
	});
	return data;
}
