/**
 * Drivers as tests use them, each ended with its test.
 */
import { eventually, settled } from "@sse-service/testing";
import type { LogEngine, Stored, StoredAt, Storing } from "sse-service/engine";
import { onTestFinished } from "vitest";
import { NatsEngine } from "../src/nats-engine.js";
import { type NatsEventLogOptions, resolveOptions } from "../src/options.js";

let tags = 0;

export function storing(text: string, more: Partial<Storing> = {}): Storing {
	return { text, tag: (36 ** 5 + tags++).toString(36), ...more };
}

/** An open one. */
export async function openEngine(
	options: NatsEventLogOptions,
	warn: (message: string) => void = () => {},
): Promise<LogEngine> {
	const engine = new NatsEngine(resolveOptions(options));
	onTestFinished(() => engine.close());
	await engine.open(warn);
	return engine;
}

/** Append one text. @throws why it was not stored */
export async function append(
	engine: LogEngine,
	text: string,
	more: Partial<Storing> = {},
): Promise<StoredAt> {
	const [answer] = await engine.append([storing(text, more)]);
	if (answer === undefined || answer instanceof Error) throw answer;
	return answer;
}

export function textsOf(stored: readonly Stored[]): string[] {
	return stored.map(({ text }) => text);
}

/** Follows a log, and keeps the texts it was handed. */
export class Follower {
	readonly texts: string[] = [];
	readonly ended: Promise<void>;
	readonly #controller = new AbortController();
	#error: Error | undefined;

	constructor(engine: LogEngine, after: number) {
		const take = (stored: readonly Stored[]): void => {
			this.texts.push(...stored.map(({ text }) => text));
		};
		this.ended = engine.follow(after, take, this.#controller.signal);
		// Tests that need the outcome await it themselves.
		this.ended.catch((error) => {
			this.#error = error;
		});
		onTestFinished(() => this.#controller.abort());
	}

	/** @throws (rejects) why it ended before */
	async until(text: string): Promise<void> {
		await eventually(
			() => this.texts.includes(text) || this.#error !== undefined,
			() => `${text} after ${this.texts.at(-1)}`,
		);
		if (!this.texts.includes(text)) throw this.#error;
	}

	/** Resolves with why it ended. */
	failure(): Promise<string> {
		const failed = this.ended.then(
			() => "without an error",
			(error: Error) => error.message,
		);
		return settled(failed, "the follower to fail");
	}
}
