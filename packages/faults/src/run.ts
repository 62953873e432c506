/**
 * A run: processes on one log, clients that read, a load, and one fault after another. After each fault everything must recover, and
 * what the clients received until then is checked.
 */
import { createRandom, type Random, settled } from "@sse-service/testing";
import { Checker } from "./checker/checker.js";
import { objectionsTo } from "./checker/presence.js";
import { KEPT } from "./checker/reading.js";
import { gapOf, type Received } from "./checker/received.js";
import type { Rule, Violation } from "./checker/violation.js";
import { limitOf, now, pause } from "./clock.js";
import { Crowd } from "./crowd/crowd.js";
import { chooseFaults } from "./faults/choose.js";
import type { Fault, Scene } from "./faults/fault.js";
import { NETWORK_FAULTS } from "./faults/network-faults.js";
import { Plan } from "./faults/plan.js";
import { PROCESS_FAULTS } from "./faults/process-faults.js";
import { Fleet } from "./fleet/fleet.js";
import { Load } from "./fleet/load.js";
import type { Member } from "./fleet/member.js";
import type { Outcome, RunOptions } from "./outcome.js";
import { startStore } from "./stores/start-store.js";
import type { Store } from "./stores/store.js";
import { Timeline } from "./timeline.js";
import { Truth } from "./truth/truth.js";

// How soon everything must have recovered after a fault.
const RECOVERY_MS = 30_000;

/** A list of clients is up to 16 s late after a process was killed. */
const PRESENCE_MS = 30_000;

/** Every so many rounds, and at the end, the processes are asked who is connected. */
const PRESENCE_ROUNDS = 4;

/** How soon a process that cannot reach the engine must say so. It does after 10 s without proof. */
const UNREADY_MS = 15_000;

// Often enough to read every event before it is trimmed, however little the engine keeps.
const READ_MS = 250;

export async function run(options: RunOptions): Promise<Outcome> {
	const { engine, maxEvents, flaw, otherProgram } = options;
	const store = await startStore(engine);
	let fleet: Fleet | undefined;
	try {
		fleet = await Fleet.start({ engine, enginePort: store.port, maxEvents, flaw, otherProgram });
		return await new Run(options, store, fleet).toItsEnd();
	} finally {
		await fleet?.stop();
		await store.stop();
	}
}

class Run {
	readonly #options: RunOptions;
	readonly #store: Store;
	readonly #fleet: Fleet;
	readonly #random: Random;
	readonly #truth: Truth;
	readonly #checker: Checker;
	readonly #violations: Violation[] = [];
	readonly #timeline: Timeline;
	readonly #plan: Plan;
	readonly #crowd: Crowd;
	readonly #load: Load;
	readonly #faults: Record<string, number> = {};
	readonly #gaps: Record<string, number> = {};
	#received = 0;

	constructor(options: RunOptions, store: Store, fleet: Fleet) {
		this.#options = options;
		this.#store = store;
		this.#fleet = fleet;
		this.#truth = new Truth(options.maxEvents);
		this.#checker = new Checker(this.#truth);
		for (const { isOther, port } of fleet.members) {
			if (isOther) this.#truth.olderVersions.add(port);
		}
		this.#timeline = new Timeline(options.print);
		// Each has its own, so that one does not change what the others do.
		const [plan, scene, crowd, load] = [1, 2, 3, 4].map((each) =>
			createRandom(options.seed * 10 + each),
		) as [Random, Random, Random, Random];
		this.#random = scene;
		const faults = [...PROCESS_FAULTS, ...NETWORK_FAULTS, ...store.faults];
		this.#plan = new Plan(chooseFaults(faults, options.only), plan);
		this.#crowd = new Crowd(options.clients, options.slowOfTen ?? 1, {
			random: crowd,
			ports: () => fleet.ports(),
			isPlain: options.otherProgram !== undefined,
			onProblem: ({ name }, what) => this.#violate("log", what, name),
		});
		this.#load = new Load({
			fleet,
			truth: this.#truth,
			random: load,
			perSecond: options.eventsPerSecond,
			groups: this.#crowd.groups,
			clientIds: this.#crowd.clientIds,
			onTelling: (...telling) => this.#crowd.onTold(...telling),
			onProblem: (what) => this.#violate("log", what),
		});
	}

	async toItsEnd(): Promise<Outcome> {
		const end = now() + this.#options.forMs;
		// If the engine does not answer, the next read asks again.
		const reading = setInterval(() => void this.#readLog().catch(() => {}), READ_MS);
		try {
			this.#crowd.start();
			this.#load.start();
			this.#timeline.add("clients and load start");
			await this.#settle();
			// At least one round, however long a busy machine took to start.
			for (let rounds = 0; this.#violations.length === 0; rounds++) {
				if (rounds > 0 && now() >= end) break;
				await settled(this.#round(this.#plan.next()), "a round");
				if (rounds % PRESENCE_ROUNDS === PRESENCE_ROUNDS - 1) await this.#askWhoIsThere();
			}
			if (this.#violations.length === 0) await this.#askWhoIsThere();
		} catch (error) {
			const { stack = String(error) } = error as Partial<Error>;
			this.#violate("live", stack);
		} finally {
			clearInterval(reading);
			this.#load.stop();
			this.#crowd.stop();
		}
		return {
			violations: this.#violations,
			timeline: this.#timeline.lines,
			outputs: this.#fleet.members.map(({ output }) => output),
			faults: this.#faults,
			sent: this.#load.count,
			received: this.#received,
			evidence: this.#truth.evidence,
			gaps: this.#gaps,
		};
	}

	async #round(faults: readonly Fault[]): Promise<void> {
		await pause(this.#random.between(200, 1_500));
		await Promise.all(faults.map((fault) => this.#inject(fault)));
		await this.#settle();
	}

	async #inject(fault: Fault): Promise<void> {
		const { members } = this.#fleet;
		const member = members[this.#random.between(0, members.length - 1)] as Member;
		const who = fault.kind === "engine" ? fault.name : `${fault.name}, process ${member.index}`;
		const scene: Scene = {
			fleet: this.#fleet,
			member,
			random: this.#random,
			truth: this.#truth,
			tell: (what) => this.#timeline.add(`${who}: ${what}`),
			readLog: () => this.#readLog(),
			untilUnready: (unready) => this.#untilUnready(unready),
		};
		this.#faults[fault.name] = (this.#faults[fault.name] ?? 0) + 1;
		this.#timeline.add(`${who}: starts`);
		// It ends when everything has recovered.
		if (fault.isOutage) this.#truth.losses.beginOutage(now());
		await fault.run(scene);
		this.#timeline.add(`${who}: is over`);
	}

	/** Waits until everything has recovered, and checks what was received until then. */
	async #settle(): Promise<void> {
		for (const what of await this.#fleet.untilReady(RECOVERY_MS)) this.#violate("health", what);
		this.#load.isStateKept = true;
		await this.#load.answered();
		const mark = await this.#load.mark(RECOVERY_MS);
		if (mark === undefined) this.#violate("live", "publishing does not work");
		else {
			const late = await this.#crowd.untilAt(mark, RECOVERY_MS);
			for (const { reader, received } of late) {
				const before = received.slice(-KEPT);
				this.#violate("live", "it did not receive the last event", reader.name, before);
			}
		}
		this.#load.isStateKept = false;
		await this.#load.answered();
		await this.#readLog();
		// By now every client has received what its process sends about them.
		this.#truth.losses.endOutages(now());
		const received = this.#crowd.takeUpTo(mark);
		this.#count(received.values());
		const count = this.#violations.length;
		this.#violations.push(...this.#checker.check(received));
		this.#timeline.add(this.#violations.length === count ? "no violation" : "VIOLATED");
	}

	/** Every process must come to list the clients that stay connected. */
	async #askWhoIsThere(): Promise<void> {
		const { otherProgram, isPresenceAskedOnce } = this.#options;
		// An older version has no list of clients.
		if (otherProgram !== undefined) return;
		for (const isOver = limitOf(PRESENCE_MS); ; await pause(500)) {
			const asked = this.#fleet.members.map((member) => this.#objectionsOf(member));
			const objections = (await Promise.all(asked)).flat();
			if (objections.length === 0) return this.#timeline.add("all processes list the same clients");
			if (isPresenceAskedOnce !== true && !isOver()) continue;
			for (const objection of objections) this.#violate("presence", objection);
			return;
		}
	}

	async #objectionsOf(member: Member): Promise<readonly string[]> {
		const before = this.#crowd.steady();
		const list = await member.clients();
		if (list === undefined) return [`process ${member.index} did not list its clients`];
		// A client that connected or left meanwhile may be on the list or not.
		const open = [...this.#crowd.steady()].filter(([id, count]) => before.get(id) === count);
		const objections = objectionsTo(list, new Map(open), this.#crowd.clientIds);
		return objections.map((objection) => `process ${member.index} ${objection}`);
	}

	/** Reads new events at once, because they may be lost or trimmed later. */
	async #readLog(): Promise<void> {
		const { ledger } = this.#truth;
		const branch = ledger.current;
		const found = await this.#store.read(ledger.bookmark);
		if (found !== undefined) this.#truth.read(found, branch);
	}

	#count(received: Iterable<readonly Received[]>): void {
		for (const all of received) {
			this.#received += all.length;
			for (const each of all) {
				const gap = gapOf(each);
				if (gap !== undefined) this.#gaps[gap] = (this.#gaps[gap] ?? 0) + 1;
			}
		}
	}

	async #untilUnready(members: readonly Member[]): Promise<void> {
		const ready = await this.#fleet.untilUnready(members, UNREADY_MS);
		for (const { index } of ready) {
			const what = `process ${index} says that it is ready, but cannot reach the engine`;
			this.#violate("health", what);
		}
	}

	#violate(rule: Rule, what: string, reader = "all", before: readonly Received[] = []): void {
		this.#violations.push({ rule, reader, what, before });
	}
}
