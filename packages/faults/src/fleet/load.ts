/**
 * The load: events sent in all processes, to everyone, to groups and to clients, and the outcome of each.
 */
import type { Random } from "@sse-service/testing";
import { limitOf, now, pause } from "../clock.js";
import type { Mark } from "../crowd/crowd.js";
import { parseId } from "../truth/position.js";
import type { Sent } from "../truth/sent.js";
import { STATE_GROUPS, stateGroupOf, type Target } from "../truth/target.js";
import { nameOfTold, type Told } from "../truth/told.js";
import type { Truth } from "../truth/truth.js";
import type { Fleet } from "./fleet.js";
import type { Member } from "./member.js";
import type { Publication } from "./member-program.js";

const TICK_MS = 20;

/** One order about the groups of a client for this many events. */
const TELL_ONE_IN = 12;

/** How many of these another process contradicts at the same time. */
const CONTRADICTED_ONE_IN = 3;

/** How many keys there are for each target. */
const KEYS = 8;

/** The most unanswered events of one process. */
const MAX_WAITING = 60;

/** How often an event with an idempotency key is sent again until it is acknowledged, and how long after, in milliseconds. */
const RETRIES = 4;
const RETRY_MS = [500, 4_000] as const;

/** How long events with a `ttlMs` are replayed. */
const TTL_MS = [200, 5_000] as const;

export interface LoadOptions {
	readonly fleet: Fleet;
	readonly truth: Truth;
	readonly random: Random;
	readonly perSecond: number;
	readonly groups: readonly string[];
	readonly clientIds: readonly string[];
	/** A process is about to receive an order about the groups of a client. `undefined`: there are no orders */
	onTelling?(clientId: string, id: number, what: string): void;
	/** An acknowledgement that cannot be right. */
	onProblem(what: string): void;
}

export class Load {
	readonly #options: LoadOptions;
	readonly #waiting = new Map<Member, number>();
	readonly #unanswered = new Set<Promise<unknown>>();
	#numbers = 0;
	#told = 0;
	#due = 0;
	#timer: NodeJS.Timeout | undefined;
	/** Sends nothing to groups that keep their newest events, so that these do not change for a while. */
	isStateKept = false;

	constructor(options: LoadOptions) {
		this.#options = options;
	}

	/** How many were sent. */
	get count(): number {
		return this.#numbers;
	}

	start(): void {
		this.#timer = setInterval(() => this.#tick(), TICK_MS);
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	/**
	 * Sends an event to everyone until it is acknowledged.
	 *
	 * @returns `undefined` if that took too long
	 */
	async mark(timeoutMs: number): Promise<Mark | undefined> {
		const { truth } = this.#options;
		const number = this.#send({ target: "all" });
		for (const isOver = limitOf(timeoutMs); !isOver(); await pause(100)) {
			const member = this.#anyMember();
			if (member === undefined) continue;
			const idempotencyKey = `mark ${number}`;
			const id = await this.#publish(member, { number, target: "all", padding: 0, idempotencyKey });
			const position = id === undefined ? undefined : parseId(id);
			if (position === undefined) continue;
			return { position, isBeside: (other) => truth.ledger.current?.has(other) === true };
		}
		return undefined;
	}

	/** Resolves when everything sent so far has been answered or has timed out. */
	async answered(): Promise<void> {
		await Promise.allSettled([...this.#unanswered]);
	}

	#tick(): void {
		for (this.#due += (this.#options.perSecond * TICK_MS) / 1_000; this.#due >= 1; this.#due--) {
			const member = this.#anyMember();
			if (member === undefined) continue;
			const { random } = this.#options;
			if (random.between(1, TELL_ONE_IN) === 1) this.#tell(member);
			const event = this.#anyEvent(this.#numbers + 1);
			if (this.isStateKept && stateGroupOf(event.target) !== undefined) continue;
			const number = this.#send(event);
			const { target, key, ownId, ttlMs } = event;
			const padding =
				random.between(1, 20) === 1 ? random.between(0, 8_000) : random.between(0, 200);
			const isRepeated = random.between(1, 10) === 1;
			const idempotencyKey = isRepeated ? `event ${number}` : undefined;
			const isSent = !isRepeated && key === undefined && random.between(1, 5) === 1;
			const id = ownId;
			const publication = { number, target, padding, idempotencyKey, key, id, ttlMs, isSent };
			if (isRepeated) void this.#insist(publication, stateGroupOf(target) !== undefined);
			else void this.#publish(member, publication);
		}
	}

	/** Makes a client join or leave a group, on all processes. Some processes contradict each other. */
	#tell(member: Member): void {
		const { random, groups, clientIds } = this.#options;
		const plain = groups.filter((group) => !STATE_GROUPS.includes(group));
		const clientId = clientIds[random.between(0, clientIds.length - 1)] ?? "";
		const group = plain[random.between(0, plain.length - 1)] ?? "";
		const what = random.between(1, 2) === 1 ? "join" : "leave";
		this.#order(member, what, clientId, group);
		const other = random.between(1, CONTRADICTED_ONE_IN) === 1 ? this.#anyMember() : undefined;
		if (other !== undefined)
			this.#order(other, what === "join" ? "leave" : "join", clientId, group);
	}

	#order(member: Member, what: Told["do"], clientId: string, group: string): void {
		const { truth, onTelling } = this.#options;
		// An older version lets an older command of another process undo its own.
		if (onTelling === undefined || member.isOther) return;
		const id = ++this.#told;
		truth.told.set(id, { do: what, clientId, group, process: member.port });
		onTelling(clientId, id, `process ${member.index}, on port ${member.port}: ${what} ${group}`);
		void member.tell({ do: what, clientId, groups: [group, nameOfTold(id)] });
	}

	/** Publishes like an application that is not sure: in two processes at once, and again until it is acknowledged. It must still be one event. */
	async #insist(publication: Publication, isOfState: boolean): Promise<void> {
		const { random } = this.#options;
		for (let left = RETRIES; left > 0; left--) {
			const members = [this.#anyMember(), this.#anyMember()].flatMap((each) => each ?? []);
			const ids = await Promise.all(members.map((member) => this.#publish(member, publication)));
			if (ids.some((id) => id !== undefined)) return;
			await pause(random.between(...RETRY_MS));
			if (this.isStateKept && isOfState) return;
		}
	}

	#send(event: Omit<Sent, "at">): number {
		const number = ++this.#numbers;
		this.#options.truth.send(number, { ...event, at: now() });
		return number;
	}

	/** @returns its id, if it was acknowledged */
	async #publish(member: Member, publication: Publication): Promise<string | undefined> {
		const { number } = publication;
		this.#waiting.set(member, (this.#waiting.get(member) ?? 0) + 1);
		const answering = member.publish(publication);
		this.#unanswered.add(answering);
		const answer = await answering;
		this.#unanswered.delete(answering);
		this.#waiting.set(member, (this.#waiting.get(member) ?? 0) - 1);
		if (answer === undefined || !("id" in answer)) return undefined;
		const position = parseId(answer.id);
		const problem =
			position === undefined
				? `event ${number} has the id ${answer.id}`
				: this.#options.truth.acknowledge(number, position);
		if (problem !== undefined) this.#options.onProblem(problem);
		return answer.id;
	}

	#anyMember(): Member | undefined {
		const { fleet, random } = this.#options;
		const isFree = (member: Member): boolean =>
			member.isUp && (this.#waiting.get(member) ?? 0) < MAX_WAITING;
		const members = fleet.members.filter(isFree);
		return members[random.between(0, members.length - 1)];
	}

	#anyEvent(number: number): Omit<Sent, "at"> {
		const { random } = this.#options;
		const target = this.#anyTarget();
		const isKeyed = stateGroupOf(target) !== undefined || random.between(1, 8) === 1;
		const isExcepting = target !== "all" && "except" in target;
		// An event that excludes a client replaces only others that exclude it.
		const key = isKeyed && !isExcepting ? `key ${random.between(1, KEYS)}` : undefined;
		const ownId = random.between(1, 10) === 1 ? `own ${number}` : undefined;
		const isShort = key === undefined && random.between(1, 12) === 1;
		return { target, key, ownId, ttlMs: isShort ? random.between(...TTL_MS) : undefined };
	}

	#anyTarget(): Target {
		const { random, groups, clientIds } = this.#options;
		const group = groups[random.between(0, groups.length - 1)] ?? "";
		const client = clientIds[random.between(0, clientIds.length - 1)] ?? "";
		const kind = random.between(1, 20);
		if (kind <= 7) return "all";
		if (kind === 8) return { all: true, except: { client } };
		if (kind <= 14) return { group };
		return kind <= 18 ? { client } : { client, group };
	}
}
