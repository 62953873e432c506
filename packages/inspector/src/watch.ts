/**
 * The watch: follows one service on its diagnostics channels, and keeps what the page shows.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { SSEConnection } from "sse-service";
import type { InspectedService } from "./options.js";
import { Rates } from "./rates.js";
import { Roll } from "./roll.js";
import { Timeline, wordsOf } from "./timeline.js";

/** Of every message, what is read here. */
interface Message {
	readonly service: unknown;
	readonly connection: SSEConnection;
	readonly target: { readonly client?: string; readonly group?: string };
	readonly frame: { readonly byteLength: number; readonly text: string };
	readonly connections: number;
	readonly position?: { readonly epoch: string; readonly sequence: number } | undefined;
	readonly durationMs: number;
	readonly lagMs: number;
	readonly reason: string;
	readonly outcome: string;
	readonly cause: string;
	readonly stage: string;
	readonly error?: unknown;
	readonly isOver: boolean;
}

/** What is known of the event log. */
export interface LogState {
	readonly position: string | undefined;
	readonly appendMs: number | undefined;
	readonly lagMs: number | undefined;
}

/** Events larger than this are shown by their size only. */
const MAX_FRAME_BYTES = 16_384;
const MAX_DATA_LENGTH = 200;

export class Watch {
	readonly roll = new Roll();
	readonly timeline = new Timeline();
	readonly rates: Rates;
	log: LogState = { position: undefined, appendMs: undefined, lagMs: undefined };
	readonly #service: InspectedService;
	readonly #showData: boolean;
	readonly #stops: (() => void)[] = [];

	/** @param onDrain called when the service begins to end */
	constructor(service: InspectedService, showData: boolean, onDrain: () => void) {
		this.#service = service;
		this.#showData = showData;
		this.rates = new Rates(service.stats());
		this.#followConnections();
		this.#followEvents();
		this.#followLog();
		this.#on("error", ({ stage, error }) =>
			this.timeline.add({ kind: "error", text: `${stage}: ${wordsOf(error)}` }),
		);
		this.#on("drain", ({ connections }) => {
			this.timeline.add({ kind: "drain", text: `${connections} connections` });
			onDrain();
		});
	}

	stop(): void {
		for (const stop of this.#stops.splice(0)) stop();
	}

	#followConnections(): void {
		const { roll, timeline } = this;
		this.#on("connection:open", ({ connection }) => {
			roll.opened(connection);
			const entry = timeline.add({ kind: "open", client: connection.clientId });
			// It enters its groups in the same turn, after this.
			queueMicrotask(() => {
				entry.groups = connection.groups.slice(0, 20);
			});
		});
		this.#on("connection:close", ({ connection, reason }) => {
			roll.closed(connection);
			timeline.add({ kind: "close", ...whose(connection), text: wordsOf(reason) });
		});
		this.#on("resume", ({ connection, outcome }) => {
			timeline.add({ kind: "resume", ...whose(connection), text: outcome });
		});
		this.#on("gap", ({ connection, reason }) => {
			timeline.add({ kind: "gap", ...whose(connection), text: reason });
		});
		this.#on("drop", ({ connection, cause }) => {
			timeline.add({ kind: "drop", ...whose(connection), text: cause });
		});
	}

	#followEvents(): void {
		const { timeline } = this;
		this.#on("deliver", ({ durationMs }) => this.rates.left(durationMs));
		this.#on("send", ({ target, frame, connections }) => {
			if (!timeline.hasRoomForSend()) return;
			const { client, group } = target;
			const text = `${this.#describe(frame)} to ${connections}`;
			timeline.addSend({ client, groups: group === undefined ? undefined : [group], text });
		});
	}

	#followLog(): void {
		this.#on("log:append", ({ position, durationMs, error }) => {
			if (position === undefined) {
				this.timeline.add({ kind: "error", text: `append: ${wordsOf(error)}` });
				return;
			}
			this.log = { ...this.log, position: placeOf(position), appendMs: durationMs };
		});
		this.#on("log:lag", ({ position, lagMs }) => {
			if (position !== undefined) this.log = { ...this.log, position: placeOf(position), lagMs };
		});
		this.#on("log:outage", ({ isOver, error, durationMs }) => {
			const text = isOver ? `over after ${Math.round(durationMs / 1_000)} s` : wordsOf(error);
			this.timeline.add({ kind: "outage", text });
		});
	}

	/** The type and size of an event, and its data if that may be shown. */
	#describe({ byteLength, text }: Message["frame"]): string {
		if (byteLength > MAX_FRAME_BYTES) return `${byteLength} bytes`;
		const type = /^event: (.*)$/m.exec(text)?.[1] ?? "message";
		if (!this.#showData) return `${type}, ${byteLength} bytes`;
		const data = Array.from(text.matchAll(/^data: ?(.*)$/gm), ([, line]) => line).join("\n");
		return `${type}: ${data.slice(0, MAX_DATA_LENGTH)}`;
	}

	#on(name: string, listen: (message: Message) => unknown): void {
		const listener = (message: unknown): void => {
			if ((message as Message).service === this.#service) listen(message as Message);
		};
		subscribe(`sse-service:${name}`, listener);
		this.#stops.push(() => unsubscribe(`sse-service:${name}`, listener));
	}
}

function whose({ clientId, groups }: SSEConnection): { client: string; groups: readonly string[] } {
	return { client: clientId, groups: groups.slice(0, 20) };
}

function placeOf({ epoch, sequence }: { epoch: string; sequence: number }): string {
	return `${sequence} of ${epoch}`;
}
