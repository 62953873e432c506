/**
 * The load: events sent in all processes, to everyone, to groups and to clients, and what became of each.
 */
import type { Random } from "@sse-service/testing";
import { limitOf, now, pause } from "./clock.js";
import type { Mark } from "./crowd.js";
import type { Fleet } from "./fleet.js";
import type { Member } from "./member.js";
import type { Publication } from "./member-program.js";
import { parseId } from "./position.js";
import { STATE_GROUP, type Target } from "./received.js";
import type { Truth } from "./truth.js";

const TICK_MS = 20;

/** How many there are in the group that keeps the newest event of each. */
const STATE_KEYS = 8;

/** Unanswered, of one process. */
const MAX_WAITING = 60;

export interface LoadOptions {
	readonly fleet: Fleet;
	readonly truth: Truth;
	readonly random: Random;
	readonly perSecond: number;
	readonly groups: readonly string[];
	readonly clientIds: readonly string[];
	/** What was acknowledged cannot be. */
	onProblem(what: string): void;
}

export class Load {
	readonly #options: LoadOptions;
	readonly #waiting = new Map<Member, number>();
	readonly #unanswered = new Set<Promise<unknown>>();
	#numbers = 0;
	#due = 0;
	#timer: NodeJS.Timeout | undefined;
	/** Nothing is sent to the group of which the newest events are kept, so that these are the same for a while. */
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
	 * Send one to everyone, until it is acknowledged.
	 *
	 * @returns `undefined` when that has taken too long
	 */
	async mark(timeoutMs: number): Promise<Mark | undefined> {
		const since = now();
		const number = this.#send("all");
		for (const isOver = limitOf(timeoutMs); !isOver(); await pause(100)) {
			const member = this.#anyMember();
			if (member === undefined) continue;
			const idempotencyKey = `mark ${number}`;
			const id = await this.#publish(member, { number, target: "all", padding: 0, idempotencyKey });
			const position = id === undefined ? undefined : parseId(id);
			if (position !== undefined) return { position, since };
		}
		return undefined;
	}

	/** Resolves when everything that was sent until now has been answered, or never will be. */
	async answered(): Promise<void> {
		await Promise.allSettled([...this.#unanswered]);
	}

	#tick(): void {
		for (this.#due += (this.#options.perSecond * TICK_MS) / 1_000; this.#due >= 1; this.#due--) {
			const member = this.#anyMember();
			if (member === undefined) continue;
			const { random } = this.#options;
			const { target, stateKey } = this.#anyTarget();
			if (stateKey !== undefined && this.isStateKept) continue;
			const number = this.#send(target, stateKey);
			const padding =
				random.between(1, 20) === 1 ? random.between(0, 8_000) : random.between(0, 200);
			const isRepeated = random.between(1, 20) === 1;
			const idempotencyKey = isRepeated ? `event ${number}` : undefined;
			const isSent = !isRepeated && stateKey === undefined && random.between(1, 5) === 1;
			const publication = { number, target, padding, idempotencyKey, key: stateKey, isSent };
			void this.#publish(member, publication);
			// As one that was not answered tries again, elsewhere: it is one event all the same.
			const other = isRepeated ? this.#anyMember() : undefined;
			if (other !== undefined) void this.#publish(other, publication);
		}
	}

	#send(target: Target, key?: string): number {
		const number = ++this.#numbers;
		this.#options.truth.send(number, target, now(), key);
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
				: this.#options.truth.acknowledge(number, position, now());
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

	#anyTarget(): { readonly target: Target; readonly stateKey?: string } {
		const { random, groups, clientIds } = this.#options;
		const group = groups[random.between(0, groups.length - 1)] ?? "";
		const client = clientIds[random.between(0, clientIds.length - 1)] ?? "";
		const kind = random.between(1, 10);
		if (kind <= 4) return { target: "all" };
		if (kind <= 7 && group === STATE_GROUP) {
			return { target: { group }, stateKey: `key ${random.between(1, STATE_KEYS)}` };
		}
		if (kind <= 7) return { target: { group } };
		return { target: kind <= 9 ? { client } : { client, group } };
	}
}
