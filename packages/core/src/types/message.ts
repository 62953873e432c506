/**
 * Events and their options. Types only: nothing here runs.
 */

/**
 * The event map of a service without one: everything is allowed. With an event map,
 * `createSSEService<{ tick: { price: number } }>()`, the compiler checks event types and their data.
 */
export type AnyEvents = Record<string, unknown>;

/** The event types of an event map. */
export type EventType<Events> = keyof Events & string;

/** The data of an event that is sent without `event`: that of `message`, if the map has it. */
export type MessageData<Events> = string extends keyof Events
	? unknown
	: "message" extends keyof Events
		? Events["message"]
		: never;

/** The options of an event that is sent without `event`, or without an event map. */
export type MessageOptions<Events> = string extends keyof Events
	? SendOptions
	: SendOptions & { readonly event?: undefined };

/** The options of one event. */
export interface SendOptions {
	/** The event type: no CR or LF, at most `maxEventTypeLength` characters. Clients listen to it with `addEventListener`. Default, also for `""`: `message`. */
	readonly event?: string | undefined;
	/** The event id: no CR, LF or NUL, at most `maxEventIdLength` characters. The client sends it back as `Last-Event-ID` when it reconnects. */
	readonly id?: string | number | undefined;
	/** Sets the client's reconnection time, in ms: an integer from 0 to 2,147,483,647. */
	readonly retry?: number | undefined;
	/** Skips connections that are behind (their socket is full), and keeps no copy for reconnecting clients. Cannot be combined with `key` or `ttlMs`. Default false. */
	readonly volatile?: boolean | undefined;
	/**
	 * Of the events with this key to the same target, only the newest counts: it alone is replayed and, with the slow policy
	 * `conflate`, it alone waits. A string of 1 to 256 characters.
	 */
	readonly key?: string | undefined;
	/** The event is not replayed after this time, in ms: an integer from 0 to 2,147,483,647. Default: no limit. */
	readonly ttlMs?: number | undefined;
}

/** The options of `publish`. A published event is kept, so it cannot be volatile. */
export interface PublishOptions extends Omit<SendOptions, "volatile"> {
	/**
	 * Publishing again with the same key sends nothing and returns the id of the first event, so that a retry is safe. Keys are
	 * remembered as long as events are kept, at most 10,000; with an `eventLog`, as its options say. A string of 1 to 256
	 * characters.
	 */
	readonly idempotencyKey?: string | undefined;
}

/** The options object that the documented functions accept in place of the event type. */
export interface DocumentedSendOptions extends SendOptions {
	/** Default: the default group. */
	readonly group?: string | undefined;
}

/** One event as a value. */
export interface SSEMessage extends SendOptions {
	/** A string is sent as it is, anything else as JSON. */
	readonly data: unknown;
}

/** An event that `recover` returns: `event` is its type; `data` is sent as it is if it is a string, otherwise as JSON. */
export type RecoveredEvent<Events extends object = AnyEvents> = string extends keyof Events
	? { readonly data: unknown; readonly event?: string | undefined }
	: {
			[Type in EventType<Events>]:
				| { readonly data: Events[Type]; readonly event: Type }
				| (Type extends "message"
						? { readonly data: Events[Type]; readonly event?: undefined }
						: never);
		}[EventType<Events>];

/** What `toEvent` of `pipe` returns: with an event map, one of its events. */
export type PipedEvent<Events extends object = AnyEvents> = string extends keyof Events
	? SSEMessage
	: RecoveredEvent<Events> & Omit<SendOptions, "event">;

/** The options of an event that is published without `event`, or without an event map. */
export type PublishMessageOptions<Events> = string extends keyof Events
	? PublishOptions
	: PublishOptions & { readonly event?: undefined };

/** What `publish` resolves to. */
export interface Published {
	/** The `id` that clients receive with the event. */
	readonly id: string;
}
