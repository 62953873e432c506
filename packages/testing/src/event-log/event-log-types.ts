/**
 * What the suite of event logs expects of a log, and of the harness that creates it.
 *
 * The core's own types say the same. The core is tested with this package, so this package cannot import them.
 */

export interface LogPosition {
	readonly epoch: string;
	readonly sequence: number;
	readonly tag: string;
}

export interface LogEntryOf {
	readonly target: {
		readonly client?: string | undefined;
		readonly group?: string | undefined;
		readonly exceptClient?: string | undefined;
	};
	readonly fields: { readonly data: string };
	readonly key?: string | undefined;
	readonly ttlMs?: number | undefined;
	readonly idempotencyKey?: string | undefined;
}

export interface LogRecordOf {
	readonly position: LogPosition;
	readonly frame: { readonly bytes: Uint8Array };
}

export interface LogReaderOf {
	readonly clientId: string;
	readonly groups: readonly string[];
	readonly ownGroups?: readonly string[];
}

interface LogPage {
	readonly records: readonly LogRecordOf[];
	readonly upTo: LogPosition;
}

export type DeliverOf = (record: LogRecordOf) => void;

export interface LogHostOf {
	readonly history: LogLimits;
	readonly appendTimeoutMs: number;
	deliver: DeliverOf;
	onBreak(from: LogPosition): void;
	obey(command: object): void;
	onError(error: unknown): void;
}

export interface EventLogOf {
	readonly position: LogPosition | undefined;
	open(host: LogHostOf): LogPosition | Promise<LogPosition>;
	append(entry: LogEntryOf, deliver?: DeliverOf): LogPosition | Promise<LogPosition>;
	readAfter(
		after: LogPosition,
		upTo: LogPosition,
		reader: LogReaderOf,
	): LogPage | string | Promise<LogPage | string>;
	readLatest(reader: LogReaderOf): readonly LogRecordOf[] | Promise<readonly LogRecordOf[]>;
	keepsLatest(group: string): boolean;
	stats(): { readonly events: number; readonly bytes: number };
	close(): void | Promise<void>;
}

/** How much the log keeps: the option `history` of a service. */
export interface LogLimits {
	readonly maxEvents?: number;
	readonly maxBytes?: number;
	readonly maxAgeMs?: number;
	readonly groups?: Readonly<Record<string, LogLimits & { readonly latest?: boolean }>>;
}

export interface EventLogHarness {
	/** Creates a log that shares nothing with earlier ones. */
	make(): EventLogOf | Promise<EventLogOf>;
	/** Lets this much time pass for the log. */
	pass(ms: number): void | Promise<void>;
	/** Loses what the newest log keeps outside the memory of this process. */
	forget?(): void | Promise<void>;
	/** Whether the log keeps exactly what its limits allow, and nothing else in memory. */
	readonly isExact: boolean;
}
