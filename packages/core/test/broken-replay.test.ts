/**
 * A log that loses its newest events during a client's replay. One gap stands for everything that the client cannot
 * receive, and what it receives is from the new log.
 */
import { eventually, type TestStream } from "@sse-service/testing";
import { expect, it } from "vitest";
import type { LogEngine } from "../src/engine.js";
import type { SSEConnection, SSEServiceOptions } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf, lastIdOf } from "./received.js";
import type { Serving } from "./serving.js";
import { startOn } from "./start-on.js";

const STATE = { group: "state", key: "", max: 10 };

const history = { maxEvents: 2, groups: { state: { latest: true as const } } };

/** An engine of which calls can be held up. */
class HeldEngine extends MemoryEngine {
	/** What lets each call that is held up go on. */
	readonly held: (() => void)[] = [];
	#holds: "read" | "newest" | undefined;
	#holdsAnswer: "newest" | "latest" | undefined;
	#count = 0;

	/** Called when its log is about to be followed again. */
	onFollow = (): void => {};

	/** Hold up calls from now on. @returns ends that; those that came until then stay held up */
	hold(method: "read" | "newest"): () => void {
		this.#holds = method;
		return () => {
			this.#holds = undefined;
		};
	}

	/** Hold up answers from now on. @returns ends that; those that came until then stay held up */
	holdAnswer(method: "newest" | "latest"): () => void {
		this.#holdsAnswer = method;
		return () => {
			this.#holdsAnswer = undefined;
		};
	}

	/** Store more, of which only the newest is still there when it is looked at again. */
	async jump(): Promise<void> {
		this.isMute = true;
		for (const d of ["a", "b", "c"]) {
			await super.driver().append([{ text: JSON.stringify({ w: "elsewhere", d }), tag: d }]);
		}
		this.trim(this.newest.sequence - 1);
		this.isMute = false;
	}

	release(): void {
		for (const each of this.held.splice(0)) each();
	}

	override driver(): LogEngine {
		const own = super.driver();
		return {
			...own,
			newest: () =>
				this.#pass("newest")
					.then(() => own.newest())
					.then((newest) => this.#passBack("newest", newest)),
			latest: (group) => own.latest(group).then((kept) => this.#passBack("latest", kept)),
			read: (...asked) => this.#pass("read").then(() => own.read(...asked)),
			follow: (...asked) => {
				this.onFollow();
				return own.follow(...asked);
			},
		};
	}

	async #pass(method: "read" | "newest"): Promise<void> {
		if (this.#holds !== method) return;
		await new Promise<void>((resolve) => {
			this.held.push(resolve);
		});
	}

	async #passBack<T>(method: "newest" | "latest", answer: T): Promise<T> {
		if (this.#holdsAnswer === method) {
			await new Promise<void>((resolve) => {
				this.held.push(resolve);
			});
		}
		return answer;
	}

	/** Lose the newest texts. @returns stores them again, as a process does that was not answered */
	async loseForNow(count: number): Promise<() => Promise<void>> {
		const lost = (await super.driver().read(1, Number.POSITIVE_INFINITY)).slice(-count);
		this.forget(count);
		return async () => void (await super.driver().append(lost));
	}

	/** Lose the newest texts and store these in their places, as another process would. */
	async replace(count: number, texts: readonly object[]): Promise<void> {
		this.forget(count);
		for (const { latest, ...text } of texts as { latest?: never }[]) {
			const stored = {
				text: JSON.stringify({ w: "elsewhere", ...text }),
				tag: `new${this.#count++}`,
				latest,
			};
			await super.driver().append([stored]);
		}
	}
}

interface Scene extends Serving {
	readonly engine: HeldEngine;
	/** The id of the first of six events. The service has only the last of them in memory. */
	readonly id: string;
	/** A client that has all of them. */
	readonly other: TestStream;
	readonly connection: SSEConnection;
}

async function begin(options: SSEServiceOptions = {}): Promise<Scene> {
	const engine = new HeldEngine();
	const serving = await startOn(engine, { history, ...options });
	const { stream: other, connection } = await serving.open();
	const { id } = await serving.sse.publish("all", "0");
	for (const data of ["1", "2", "3", "4", "5"]) await serving.sse.publish("all", data);
	await other.take(6);
	return { ...serving, engine, id, other, connection };
}

/** What a client received until one more event came. */
async function allOf({ sse }: Serving, stream: TestStream): Promise<string[]> {
	await sse.publish("all", "end");
	await stream.until(() => stream.events.at(-1)?.data === "end");
	return dataOf(stream.events);
}

const DIVERGED = '{"reason":"diverged"}';

// Its tail had not received the new events, so the newest of them might still follow what it had: that counted as proof.
it("causes one gap for a client that connects before its process has noticed the loss", async () => {
	const scene = await begin();
	const { engine, open, other, id } = scene;
	engine.isMute = true;
	await engine.replace(2, [{ d: "a" }, { d: "b" }, { d: "c" }]);
	const before = engine.looks;
	const { stream } = await open({}, id);
	await eventually(() => engine.looks > before + 1 || stream.events.length > 0, "a probe");
	engine.goOn();
	engine.cut();
	await other.until(() => dataOf(other.events).includes(DIVERGED));
	expect(await allOf(scene, stream)).toEqual(["1", "2", "3", "a", "b", "c", "end"]);
	expect(lastIdOf(stream)).toBe(lastIdOf(other));
});

it("causes no gap for a client that was still to receive the lost events after its replay", async () => {
	const scene = await begin();
	const { engine, open, other, id, sse } = scene;
	const readAgain = engine.hold("read");
	const { stream } = await open({}, id);
	await eventually(() => engine.held.length > 0, "the read");
	readAgain();
	await sse.publish("all", "lost");
	await other.take(7);
	await engine.replace(1, [{ d: "a" }, { d: "b" }]);
	engine.cut();
	await other.until(() => dataOf(other.events).includes(DIVERGED));
	engine.release();
	expect(await allOf(scene, stream)).toEqual(["1", "2", "3", "4", "5", "a", "b", "end"]);
	await other.until(() => other.events.at(-1)?.data === "end");
	// What was dropped for the replay, which supplies it, was counted twice.
	expect(sse.stats().eventsSent).toBe(stream.events.length + other.events.length);
});

// The second break did not drop what had come since the first, because that had already dropped what the group keeps.
it("causes nothing twice for a client that joined a group during its replay, however often the log breaks", async () => {
	const scene = await begin();
	const { engine, open, other, id, sse } = scene;
	const readAgain = engine.hold("read");
	const { stream, connection } = await open({}, id);
	await eventually(() => engine.held.length > 0, "the read");
	readAgain();
	sse.join({ connection }, "state");
	const rounds = [
		["lost 1", "a", "kept"],
		["lost 2", "b", "last"],
	] as const;
	for (const [index, [lost, stored, kept]] of rounds.entries()) {
		await sse.publish("all", lost);
		await other.until(() => dataOf(other.events).includes(lost));
		await engine.replace(1, [{ d: stored }]);
		engine.cut();
		const gaps = (): number => dataOf(other.events).filter((data) => data === DIVERGED).length;
		await other.until(() => gaps() > index);
		await sse.publish("all", kept);
		await other.until(() => dataOf(other.events).includes(kept));
	}
	engine.release();
	const received = await allOf(scene, stream);
	expect(received).toEqual(["1", "2", "3", "4", "5", "a", "kept", "b", "last", "end"]);
});

// The gap led to where the old log had been, and the state behind it was that of the new one.
it("causes one gap, then the state, for a client whose id is proven to be lost while the log breaks", async () => {
	const scene = await begin();
	const { engine, open, other, id, sse } = scene;
	await sse.publish({ group: "state" }, "old state");
	const lookAgain = engine.hold("newest");
	const { stream } = await open({ groups: ["state"] }, id.replace(/\.[^.]*$/, ".elsewhere"));
	await eventually(() => engine.held.length > 0, "the proof");
	await sse.publish("all", "lost");
	await other.take(7);
	lookAgain();
	await engine.replace(2, [{ g: "state", d: "new state", latest: STATE }, { d: "a" }]);
	engine.cut();
	await other.until(() => dataOf(other.events).includes(DIVERGED));
	engine.release();
	expect(await allOf(scene, stream)).toEqual([DIVERGED, "new state", "end"]);
});

it("sends the state of the new log to a client that was still to receive it", async () => {
	const scene = await begin({ maxBufferedBytes: 2 ** 26 });
	const { engine, open, other, sse } = scene;
	await sse.publish({ group: "state" }, "old state");
	const { stream, connection } = await open({ clientId: "ada" });
	stream.pause();
	// Until the operating system takes no more.
	while (connection.bufferedBytes < 1_000_000) await sse.publish("all", "x".repeat(100_000));
	await sse.publish("all", "kept");
	await other.until(() => dataOf(other.events).includes("kept"));
	sse.join({ connection }, "state");
	await sse.publish({ group: "state" }, "lost");
	await sse.publish("all", "lost");
	await other.until(() => dataOf(other.events).includes("lost"));
	await engine.replace(2, [{ d: "a" }, { g: "state", d: "new state", latest: STATE }]);
	engine.cut();
	await other.until(() => dataOf(other.events).includes(DIVERGED));
	stream.resume();
	const received = (await allOf(scene, stream)).filter((data) => !data.startsWith("xxx"));
	expect(received).toEqual(["kept", "new state", "a", "end"]);
});

// It was read up to where the log had been found again, and what came behind that, until where the client was, was sent live.
it("causes nothing for a client that comes from a process that had already found the new log", async () => {
	const scene = await begin();
	const { engine, open, other, sse } = scene;
	for (const data of ["lost", "lost", "lost"]) await sse.publish("all", data);
	await other.take(9);
	const readAgain = engine.hold("read");
	await engine.replace(3, [{ d: "a" }]);
	engine.cut();
	await eventually(() => engine.held.length > 0, "the new log to be read");
	await engine.replace(0, [{ d: "b" }, { d: "c" }]);
	const { epoch, sequence, tag } = engine.newest;
	const { stream } = await open({}, `v1.${epoch}.${sequence.toString(36)}.${tag}`);
	readAgain();
	engine.release();
	await other.until(() => dataOf(other.events).includes("c"));
	expect(await allOf(scene, stream)).toEqual(["end"]);
});

// The read found nothing behind where the client was. What the log had been found without was sent live, again.
it("causes nothing for a slow client if the lost events are stored again before it is given more", async () => {
	const scene = await begin({ maxBufferedBytes: 2 ** 26 });
	const { engine, open, other, sse } = scene;
	const { stream, connection } = await open();
	stream.pause();
	// Until the operating system takes no more.
	while (connection.bufferedBytes < 1_000_000) await sse.publish("all", "x".repeat(100_000));
	for (const data of ["again 1", "again 2"]) await sse.publish("all", data);
	await other.until(() => dataOf(other.events).includes("again 2"));
	const storeAgain = await engine.loseForNow(2);
	const broken = new Promise<void>((resolve) => {
		engine.onFollow = resolve;
	});
	engine.cut();
	await broken;
	await storeAgain();
	await sse.publish("all", "live");
	await other.until(() => dataOf(other.events).includes("live"));
	stream.resume();
	const received = (await allOf(scene, stream)).filter((data) => !data.startsWith("xxx"));
	expect(received).toEqual(["again 1", "again 2", "live", "end"]);
});

/** Has the log lose its newest two events, which the other client has, and store them again before that is proven. */
async function loseForAMoment(scene: Scene, onBreak = (): void => {}): Promise<void> {
	const { engine, other, sse } = scene;
	for (const data of ["again 1", "again 2"]) await sse.publish("all", data);
	await other.take(8);
	const storeAgain = await engine.loseForNow(2);
	const storedAgain = new Promise<void>((resolve) => {
		engine.onFollow = () => {
			engine.onFollow = () => {};
			resolve(storeAgain());
			onBreak();
		};
	});
	engine.cut();
	await storedAgain;
}

it("causes nothing if the lost events are stored again before the loss is proven", async () => {
	const scene = await begin();
	await loseForAMoment(scene);
	const received = await allOf(scene, scene.other);
	expect(received).toEqual(["0", "1", "2", "3", "4", "5", "again 1", "again 2", "end"]);
});

// What the client was to receive after the replay was dropped, and still taken for unfinished at the next break.
it("causes a gap at the next loss for a client that joined a group during a replay that supplied everything", async () => {
	const scene = await begin();
	const { engine, sse, other, connection } = scene;
	await loseForAMoment(scene, () => sse.join({ connection }, "state"));
	await sse.publish("all", "lost");
	await other.until(() => dataOf(other.events).includes("lost"));
	await engine.replace(1, [{ d: "a" }]);
	engine.cut();
	await other.until(() => dataOf(other.events).includes(DIVERGED));
	const received = await allOf(scene, other);
	expect(received.slice(6)).toEqual(["again 1", "again 2", "lost", DIVERGED, "end"]);
});

// Where it jumped, it began at the start again, of what was there then: what came in between was lost silently.
it.each([
	["is another one", "newest", [], (engine: HeldEngine) => engine.lose()],
	["has lost its newest", "latest", ["0", "1"], (engine: HeldEngine) => engine.forget(1)],
	["jumps", "latest", ['{"reason":"expired"}'], (engine: HeldEngine) => engine.jump()],
] as const)(
	"that %s gives a client that has just come, and begins at the start, what there is, or a gap",
	async (_, last, given, change) => {
		const engine = new HeldEngine();
		const serving = await startOn(engine, { history });
		const { stream: other } = await serving.open();
		for (const data of ["0", "1", "2"]) await serving.sse.publish("all", data);
		await other.take(3);
		const lookAgain = engine.holdAnswer(last);
		await change(engine);
		engine.cut();
		await eventually(() => engine.held.length > 0, "the last answer before it is followed");
		const { stream } = await serving.open({ since: "start" }, undefined, () => {
			lookAgain();
			engine.release();
		});
		expect(await allOf(serving, stream)).toEqual([...given, "end"]);
	},
);
