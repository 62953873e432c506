/**
 * The client: the common part of connections of `@nats-io/transport-node` 3 and `nats` 2, so that neither needs to be imported.
 */

export interface NatsConnection {
	publish(subject: string, payload: Uint8Array, options: object): void;
	subscribe(subject: string, options: object): NatsSubscription;
	/** Status changes of the connection, as they happen. */
	status(): AsyncIterable<NatsStatus>;
	/** Of the server that it is connected to. */
	readonly info?: { readonly max_payload?: number | undefined } | undefined;
	isClosed(): boolean;
	/** Resolves when it is. */
	closed(): Promise<unknown>;
}

interface NatsSubscription {
	unsubscribe(): void;
}

export interface NatsStatus {
	readonly type: string;
	readonly error?: unknown;
	readonly permissionContext?: object;
}

export interface NatsMessage {
	readonly subject: string;
	readonly data: Uint8Array;
	readonly reply?: string | undefined;
	readonly headers?: NatsHeaders | undefined;
}

interface NatsHeaders {
	/** Of a message that says how something stands, and brings nothing. */
	readonly code: number;
	get(name: string): string;
}

/** The option `callback` of a subscription. It must not throw, because the clients would stop reading. */
export type NatsCallback = (error: Error | null, message: NatsMessage) => void;

export function isNatsConnection(value: unknown): value is NatsConnection {
	if (typeof value !== "object" || value === null) return false;
	const connection = value as Partial<NatsConnection>;
	const { publish, subscribe, status, isClosed, closed } = connection;
	return [publish, subscribe, status, isClosed, closed].every((each) => typeof each === "function");
}

/** Headers as the clients take them to be written: they only ask for the bytes. */
export function encodeHeaders(headers: Readonly<Record<string, string>>): object {
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
	return { encode: () => Buffer.from(`NATS/1.0\r\n${lines.join("")}\r\n`) };
}
