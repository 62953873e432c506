/**
 * A reader of one run, like an EventSource: it reconnects with the id of its last event, to any process, until the answer says that
 * there is nothing more.
 */
import { openStream, type Random, type ReceivedEvent, type TestStream } from "@sse-service/testing";
import { encodeRunCursor, parseRunCursor } from "sse-service/runs";
import { pause } from "../clock.js";
import type { Reading, RunItem } from "./reading.js";
import type { RunMember } from "./run-member.js";

const AGAIN_MS = 50;
const ENDS: readonly unknown[] = ["done", "failed", "cancelled"];

export interface RunReaderOptions {
	readonly name: string;
	readonly id: string;
	readonly random: Random;
	/** The processes it may connect to. */
	readonly members: readonly RunMember[];
	/** The position it starts with. */
	readonly from?: Reading["from"];
	/** Disconnects after this many events, again and again. */
	readonly leaveEvery?: number | undefined;
}

export class RunReader implements Reading {
	readonly reader: string;
	readonly id: string;
	readonly from: Reading["from"];
	readonly items: RunItem[] = [];
	/** Resolves when the answer said that there is nothing more, or when it was stopped. */
	readonly done: Promise<void>;
	readonly #options: RunReaderOptions;
	#lastEventId: string | undefined;
	#stream: TestStream | undefined;
	#isOver = false;

	constructor(options: RunReaderOptions) {
		this.#options = options;
		this.reader = options.name;
		this.id = options.id;
		this.from = options.from;
		if (options.from !== undefined) this.#lastEventId = encodeRunCursor(options.from);
		this.done = this.#read();
	}

	/** How much it has received so far. */
	get count(): number {
		return this.items.length + (this.#stream?.events.length ?? 0);
	}

	/** What it received last on its current connection. */
	get newest(): string {
		const { data = "nothing", event = "", id = "" } = this.#stream?.events.at(-1) ?? {};
		return `${id} ${event} ${data}`;
	}

	stop(): void {
		this.#isOver = true;
		this.#stream?.abort();
	}

	async #read(): Promise<void> {
		const { members, random, leaveEvery } = this.#options;
		while (!this.#isOver) {
			const member = members[random.between(0, members.length - 1)];
			try {
				const headers: Record<string, string> =
					this.#lastEventId === undefined ? {} : { "Last-Event-ID": this.#lastEventId };
				const url = `${member?.url}/follow?id=${encodeURIComponent(this.id)}`;
				const stream = await openStream(url, { headers });
				this.#stream = stream;
				if (stream.status === 204) {
					this.items.push({ kind: "nothing" });
					return;
				}
				const left =
					leaveEvery === undefined ? stream.ended : this.#untilEnough(stream, leaveEvery);
				await left;
				stream.abort();
				for (const event of stream.events) this.#take(event);
				this.#stream = undefined;
			} catch {
				// It is not there.
			}
			if (!this.#isOver) await pause(AGAIN_MS);
		}
	}

	async #untilEnough(stream: TestStream, count: number): Promise<unknown> {
		return Promise.race([stream.ended, stream.until(() => stream.events.length >= count)]);
	}

	#take({ event, data, id }: ReceivedEvent): void {
		if (id !== undefined && id !== "") this.#lastEventId = id;
		if (event === "gap") {
			const { reason } = JSON.parse(data) as { readonly reason: string };
			this.items.push({ kind: "gap", reason });
			// The run is no longer kept, and the answer would be the same again.
			if (reason === "expired") this.#isOver = true;
			return;
		}
		const { attempt, sequence, mark } = parseRunCursor(id ?? "") ?? { attempt: "", sequence: 0 };
		const end = ENDS.includes(event) ? (event as "done" | "failed" | "cancelled") : undefined;
		this.items.push({ kind: "entry", attempt, sequence, mark, data, end });
	}
}
