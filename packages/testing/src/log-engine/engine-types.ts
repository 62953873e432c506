/**
 * What the suite of engines expects of an engine, and of the harness that creates it.
 *
 * The core's own types say the same. The core is tested with this package, so this package cannot import them.
 */

export interface PositionOf {
	readonly epoch: string;
	readonly sequence: number;
	readonly tag: string;
}

export interface StoredOf {
	readonly sequence: number;
	readonly tag: string;
	readonly ownTag?: string | undefined;
	readonly previousTag?: string | undefined;
	readonly at: number;
	readonly text: string;
}

export interface StoringOf {
	readonly text: string;
	readonly tag: string;
	readonly ownId?: string | undefined;
	readonly idempotencyKey?: string | undefined;
	readonly latest?:
		| { readonly group: string; readonly key: string; readonly max: number }
		| undefined;
}

export interface StoredAtOf extends PositionOf {
	readonly ownId?: string | undefined;
	readonly isNew: boolean;
}

export interface LogEngineOf {
	readonly name: string;
	open(warn: (message: string) => void): Promise<void>;
	newest(): Promise<PositionOf & { readonly now?: number | undefined }>;
	append(entries: readonly StoringOf[]): Promise<readonly (StoredAtOf | Error)[]>;
	read(from: number, limit: number): Promise<readonly StoredOf[]>;
	follow(
		after: number,
		take: (stored: readonly StoredOf[]) => void,
		signal: AbortSignal,
	): Promise<void>;
	latest(group: string): Promise<readonly StoredOf[]>;
	tidy?(): Promise<void>;
	post(name: string, text: string, ttlMs: number): Promise<void>;
	posted(): Promise<ReadonlyMap<string, string>>;
	close(): Promise<void>;
}

/** One log, and what a test does to it. */
export interface LogOfEngine {
	/** Creates a driver, as another process would. The suite opens and closes it. */
	driver(): LogEngineOf | Promise<LogEngineOf>;
	/** Loses everything stored, as a restart without persistence does. Drivers can continue once this resolves. */
	lose(): Promise<void>;
	/** Removes the events up to this one (inclusive). */
	trim(sequence: number): Promise<void>;
	/** Breaks every connection on which a driver follows the log, as a network failure does. */
	cut(): Promise<void>;
}

export interface LogEngineHarness {
	/** Creates a log that shares nothing with earlier ones. */
	create(): LogOfEngine | Promise<LogOfEngine>;
}
