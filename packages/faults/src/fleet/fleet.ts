/**
 * The fleet: processes that share an event log.
 */
import { limitOf, pause } from "../clock.js";
import { FLEET_SIZE, type FleetOptions, Member } from "./member.js";

export class Fleet {
	readonly members: readonly Member[];

	private constructor(members: readonly Member[]) {
		this.members = members;
	}

	static async start(options: FleetOptions): Promise<Fleet> {
		const started = Array.from({ length: FLEET_SIZE }, (_, index) => Member.start(index, options));
		const settled = await Promise.allSettled(started);
		const members = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
		const fleet = new Fleet(members);
		const failed = settled.find((each) => each.status === "rejected");
		if (failed === undefined) return fleet;
		await fleet.stop();
		throw failed.reason;
	}

	ports(): readonly number[] {
		return this.members.flatMap(({ isUp, port }) => (isUp ? [port] : []));
	}

	/** @returns the processes that are not ready within the time, and why */
	async untilReady(timeoutMs: number): Promise<readonly string[]> {
		for (const isOver = limitOf(timeoutMs); ; await pause(50)) {
			const unready = await this.#unready();
			if (unready.length === 0 || isOver()) return unready;
		}
	}

	/** @returns the processes that still report ready at the end of the time */
	async untilUnready(members: readonly Member[], timeoutMs: number): Promise<readonly Member[]> {
		let ready = members;
		for (const isOver = limitOf(timeoutMs); ; await pause(50)) {
			// One that does not answer counts as not ready.
			const answers = await Promise.all(ready.map((member) => member.health()));
			ready = ready.filter((_, index) => answers[index]?.ready === true);
			if (ready.length === 0 || isOver()) return ready;
		}
	}

	async stop(): Promise<void> {
		await Promise.all(this.members.map((member) => member.stop()));
	}

	async #unready(): Promise<readonly string[]> {
		const all = this.members.map(async (member) => {
			const health = await member.health();
			const why = health === undefined ? "does not answer" : (health.log?.error ?? "is not ready");
			return health?.ready === true ? [] : [`process ${member.index}: ${why}`];
		});
		return (await Promise.all(all)).flat();
	}
}
