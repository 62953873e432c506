/**
 * The event bus of an MCP server: what changes in one process reaches the subscriptions of all. An event says only that
 * something has changed, so where events were lost, everything is said to have changed.
 */
import { type EventLog, FUNCTION, guarded, optional, readOptions } from "sse-service/engine";

/** A change, in the words of the MCP SDK. */
export type McpServerEvent = (
	| { readonly kind: "tools_list_changed" | "prompts_list_changed" | "resources_list_changed" }
	| { readonly kind: "resource_updated"; readonly uri: string }
) & {
	/** Parameters of the notification. */
	readonly params?: { [name: string]: unknown } | undefined;
};

export interface McpEventBusOptions {
	/** A log for this bus alone, which opens and closes it: `redisEventLog({ client, prefix: "mcp" })`. */
	readonly eventLog: EventLog;
	/**
	 * The resources that clients may subscribe to: after a loss, each is said to be updated. Default: those that this bus has seen
	 * an update of.
	 */
	readonly resources?: (() => Iterable<string>) | undefined;
	/** Receives what the log reports, and what a listener throws. */
	readonly onError?: ((error: unknown) => unknown) | undefined;
}

/** What `createMcpHandler` accepts as `bus`. */
export interface McpEventBus {
	/** Sends an event to every listener of every process, in the same order. If the log is unavailable, it is sent later. */
	publish(event: McpServerEvent): void;
	/** @returns a function that removes the listener */
	subscribe(listener: (event: McpServerEvent) => void): () => void;
	/** Closes the log. Events that are not stored yet have five seconds. */
	close(): Promise<void>;
}

type Listener = (event: McpServerEvent) => void;

/** In the log: an event of the SDK, or that events were lost. */
type Logged = McpServerEvent | { readonly kind: "refresh" };

const LISTS = ["tools_list_changed", "prompts_list_changed", "resources_list_changed"] as const;
/** How many resources a bus remembers. */
const MAX_SEEN = 10_000;

/**
 * Creates a bus over an event log.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function createMcpEventBus(options: McpEventBusOptions): McpEventBus {
	return new EventBus(
		readOptions<McpEventBusOptions>(options, {
			eventLog: [undefined, ["an event log", (value) => isEventLog(value)]],
			resources: [undefined, optional(FUNCTION)],
			onError: [undefined, optional(FUNCTION)],
		}),
	);
}

class EventBus implements McpEventBus {
	readonly #log: EventLog;
	readonly #options: McpEventBusOptions;
	readonly #report: (error: unknown) => void;
	readonly #listeners = new Set<Listener>();
	/** Resources that were updated, the latest last. */
	readonly #seen = new Set<string>();
	/** An event could not be stored. */
	#isLost = false;

	constructor(options: McpEventBusOptions) {
		this.#options = options;
		this.#report = guarded(options.onError);
		this.#log = options.eventLog;
		const opening = this.#log.open({
			history: { maxEvents: 1 },
			appendTimeoutMs: 0,
			deliver: ({ frame }) => this.#deliver(frame.text),
			onBreak: () => this.#refresh(),
			obey: () => {},
			onError: (error) => this.#report(error),
			onOutage: (error) => {
				if (error === undefined) this.#makeUp();
			},
		});
		// Events before this moment did not reach listeners that are older.
		if (opening instanceof Promise) {
			opening.then(
				() => this.#refresh(),
				(error: unknown) => this.#report(error),
			);
		}
	}

	publish(event: McpServerEvent): void {
		void this.#append(event);
	}

	subscribe(listener: (event: McpServerEvent) => void): () => void {
		// Each subscription is one of its own, even of the same function.
		const own: Listener = (event) => listener(event);
		this.#listeners.add(own);
		return () => {
			this.#listeners.delete(own);
		};
	}

	async close(): Promise<void> {
		await this.#log.close();
		this.#listeners.clear();
	}

	async #append(event: Logged): Promise<void> {
		try {
			const fields = { event: "mcp", data: JSON.stringify(event) };
			await this.#log.append({ target: {}, fields });
		} catch (error) {
			this.#isLost = true;
			this.#report(error);
			return;
		}
		this.#makeUp();
	}

	/** After events that could not be stored. */
	#makeUp(): void {
		if (!this.#isLost) return;
		this.#isLost = false;
		void this.#append({ kind: "refresh" });
	}

	#deliver(text: string): void {
		const [, data] = /^event: mcp\n(?:id: [^\n]*\n)?data: ([^\n]*)\n/.exec(text) ?? [];
		if (data === undefined) return;
		const event = JSON.parse(data) as Logged;
		if (event.kind === "refresh") this.#refresh();
		else this.#emit(event);
	}

	#refresh(): void {
		if (this.#listeners.size === 0) return;
		for (const kind of LISTS) this.#emit({ kind });
		for (const uri of this.#resources()) this.#emit({ kind: "resource_updated", uri });
	}

	#resources(): readonly string[] {
		try {
			return [...(this.#options.resources?.() ?? this.#seen)];
		} catch (error) {
			this.#report(error);
			return [...this.#seen];
		}
	}

	#emit(event: McpServerEvent): void {
		if (event.kind === "resource_updated") this.#see(event.uri);
		for (const listener of this.#listeners) {
			try {
				listener(event);
			} catch (error) {
				this.#report(error);
			}
		}
	}

	#see(uri: string): void {
		this.#seen.delete(uri);
		this.#seen.add(uri);
		const [oldest] = this.#seen;
		if (this.#seen.size > MAX_SEEN && oldest !== undefined) this.#seen.delete(oldest);
	}
}

function isEventLog(value: unknown): boolean {
	return typeof value === "object" && value !== null && "open" in value && "append" in value;
}
