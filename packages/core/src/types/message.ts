/**
 * Events, and what goes with them. Types only: nothing here runs.
 */
/**
 * Event types and the data each carries, for a service that the compiler checks:
 * `createSSEService<{ tick: { price: number } }>()`. Without a map everything is allowed.
 */
export type AnyEvents = Record<string, unknown>;

export type EventType<Events> = keyof Events & string;

/** The data of an event whose type is not told: that of `message`, where the map has one. */
export type MessageData<Events> = string extends keyof Events
	? unknown
	: "message" extends keyof Events
		? Events["message"]
		: never;

/** The options of an event whose type is not told, or not known to the compiler. */
export type MessageOptions<Events> = string extends keyof Events
	? SendOptions
	: SendOptions & { readonly event?: undefined };

/** What goes with a message besides its data. */
export interface SendOptions {
	/** The event type: no CR or LF, at most `maxEventTypeLength` characters. Clients listen by it; none, or `""`, is `message`. */
	readonly event?: string | undefined;
	/** The event id: no CR, LF or NUL, at most `maxEventIdLength` characters. The client sends it back as `Last-Event-ID` when it reconnects. */
	readonly id?: string | number | undefined;
	/** The reconnection time to set in the client: an integer of milliseconds from 0 to 2,147,483,647. */
	readonly retry?: number | undefined;
	/** Skip connections that are behind (their socket takes no more for now), and keep no copy for those that come back. Default false. */
	readonly volatile?: boolean | undefined;
	/**
	 * Of the events with this key to the same target, only the newest is of use: it alone is replayed, and with the slow policy
	 * `conflate` it alone waits. A string of at most 256 characters. Not with `volatile`.
	 */
	readonly key?: string | undefined;
	/** After so many milliseconds (an integer from 0 to 2,147,483,647) the event is of no use, and not replayed. Default: it stays of use. Not with `volatile`. */
	readonly ttlMs?: number | undefined;
}

/** An event that is published is kept, so it cannot be volatile. */
export interface PublishOptions extends Omit<SendOptions, "volatile"> {
	/**
	 * Publishing again with the same key does nothing, and answers the id of the first time: for those who are not sure that it
	 * succeeded. Remembered as long, and as many, as events are kept, at most 10,000; by an `eventLog` as that says. A string of at most 256 characters.
	 */
	readonly idempotencyKey?: string | undefined;
}

/** The options object in the place of the documented functions' event type. */
export interface DocumentedSendOptions extends SendOptions {
	/** Default: the default group. */
	readonly group?: string | undefined;
}

/** One event as a value: what `pipe` makes of an item. */
export interface SSEMessage extends SendOptions {
	/** A string goes out as it is, anything else as JSON. */
	readonly data: unknown;
}

/** The options of a published event whose type is not told, or not known to the compiler. */
export type PublishMessageOptions<Events> = string extends keyof Events
	? PublishOptions
	: PublishOptions & { readonly event?: undefined };

/** An event in the event log. */
export interface Published {
	/** The `id` that clients are sent with it. */
	readonly id: string;
}
