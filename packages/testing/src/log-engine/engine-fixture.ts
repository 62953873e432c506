/**
 * The engine of one test: a new log, and the drivers and followers that the test opened, which are closed after it.
 */
import { afterEach, beforeEach } from "vitest";
import type {
	LogEngineHarness,
	LogEngineOf,
	LogOfEngine,
	PositionOf,
	StoredAtOf,
	StoringOf,
} from "./engine-types.js";
import { Follower } from "./follower.js";

/** More than any engine takes or hands over at once. */
export const MANY = 2_500;

export interface EngineFixture {
	/** The log of this test. */
	readonly log: LogOfEngine;
	/** The first driver of this log, open. */
	readonly engine: LogEngineOf;
	/** Creates another log, and uses it from here on. Drivers of the one before stay open. */
	renew(): Promise<void>;
	/** Opens another driver of the log. */
	open(): Promise<LogEngineOf>;
	/** Follows the log after this sequence. */
	follow(after: number, by?: LogEngineOf): Follower;
	/** Appends entries; throws if one of them was not stored. */
	append(entries: readonly StoringOf[], to?: LogEngineOf): Promise<StoredAtOf[]>;
	appendOne(text: string, more?: Partial<StoringOf>): Promise<StoredAtOf>;
}

/** Makes the fixture for the tests of this `describe`. */
export function useEngine(harness: LogEngineHarness): EngineFixture {
	let log: LogOfEngine;
	let engine: LogEngineOf;
	const opened: LogEngineOf[] = [];
	const followers: Follower[] = [];

	const open = async (): Promise<LogEngineOf> => {
		const driver = await log.driver();
		opened.push(driver);
		await driver.open(() => {});
		return driver;
	};
	const renew = async (): Promise<void> => {
		log = await harness.create();
		engine = await open();
	};
	const append: EngineFixture["append"] = async (entries, to = engine) =>
		(await to.append(entries)).map((answer) => {
			if (answer instanceof Error) throw answer;
			return answer;
		});

	beforeEach(renew);
	afterEach(async () => {
		for (const follower of followers.splice(0)) await follower.stop();
		for (const driver of opened.splice(0)) await driver.close();
	});

	return {
		get log() {
			return log;
		},
		get engine() {
			return engine;
		},
		renew,
		open,
		follow(after, by = engine) {
			const follower = new Follower(by, after);
			followers.push(follower);
			return follower;
		},
		append,
		async appendOne(text, more = {}) {
			const [at] = await append([storing(text, more)]);
			if (at === undefined) throw new Error(`the engine answered nothing for ${text}`);
			return at;
		},
	};
}

let tags = 0;

/** An event as the core gives it to an engine. */
export function storing(text: string, more: Partial<StoringOf> = {}): StoringOf {
	return { text, tag: (36 ** 5 + tags++).toString(36), ...more };
}

export function storingMany(count: number, prefix = ""): StoringOf[] {
	return Array.from({ length: count }, (_, index) => storing(`${prefix}${index}`));
}

/** The texts of entries, stored or not. */
export function textsOf(entries: readonly { readonly text: string }[]): string[] {
	return entries.map(({ text }) => text);
}

/** The newest position, without the engine's clock. */
export async function newestOf(engine: LogEngineOf): Promise<PositionOf> {
	const { epoch, sequence, tag } = await engine.newest();
	return { epoch, sequence, tag };
}
