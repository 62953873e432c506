/**
 * The checker of runs: what each reader received, and all readers together, given the faults.
 */
import type { Deeds, Reading, ReceivedEntry, RunViolation } from "./reading.js";
import { decodeToken, planOf } from "./token.js";

/** How runs may fail that were not cancelled. */
const REASONS: readonly unknown[] = ["lost", "shutdown"];

export function checkRuns(readings: readonly Reading[], deeds: Deeds): readonly RunViolation[] {
	return [
		...readings.flatMap((reading) => new ReadingCheck(reading, deeds).violations()),
		...checkClaims(deeds),
		...checkCancels(readings, deeds),
		...checkAgreement(readings, deeds),
		...checkBranches(readings),
	];
}

/** Goes through what one reader received. */
class ReadingCheck {
	readonly #reading: Reading;
	readonly #deeds: Deeds;
	readonly #found: RunViolation[] = [];
	#attempt: string | undefined;
	#next = 1;
	#isOver = false;
	#isBehindGap = false;

	constructor(reading: Reading, deeds: Deeds) {
		this.#reading = reading;
		this.#deeds = deeds;
		const { from } = reading;
		if (from === undefined) return;
		this.#attempt = from.attempt;
		this.#next = from.sequence + 1;
	}

	violations(): readonly RunViolation[] {
		for (const item of this.#reading.items) {
			if (item.kind === "entry") this.#entry(item);
			else if (item.kind === "gap") this.#gap(item.reason);
			else if (!this.#isOver && !(this.#deeds.isLossy && this.#attempt === undefined)) {
				// A run that was lost as a whole is an unknown one, for a reader that has received nothing of it.
				this.#add("nothing", "it was answered that there is nothing more, and had received no end");
			}
		}
		return this.#found;
	}

	#entry(entry: ReceivedEntry): void {
		const { attempt, sequence, end } = entry;
		if (this.#isBehindGap) {
			this.#attempt = attempt;
			this.#next = 1;
			this.#isOver = false;
			this.#isBehindGap = false;
		}
		this.#attempt ??= attempt;
		if (attempt !== this.#attempt) {
			this.#add(
				"order",
				`${textOf(entry)} is of another attempt than ${this.#attempt}, without a gap`,
			);
		} else if (this.#isOver) this.#add("end", `${textOf(entry)} is behind the end`);
		else if (sequence !== this.#next) {
			this.#add("order", `${textOf(entry)} came where ${this.#next} should`);
		}
		this.#attempt = attempt;
		this.#next = sequence + 1;
		this.#isOver = end !== undefined;
		if (end === undefined) this.#token(entry);
		else this.#end(entry, end);
	}

	#token(entry: ReceivedEntry): void {
		const token = decodeToken(entry.data);
		if (token?.index !== entry.sequence - 1) {
			this.#add("content", `${textOf(entry)} is not the token of its place`);
		}
	}

	#end(entry: ReceivedEntry, end: "done" | "failed" | "cancelled"): void {
		const { id } = this.#reading;
		const { isDisturbed, cancelled } = this.#deeds;
		const { tokens } = planOf(id);
		if (end === "done") {
			if (entry.sequence !== tokens + 1)
				this.#add("end", `it is done with ${entry.sequence - 1} of ${tokens}`);
		} else if (end === "cancelled") {
			if (!cancelled.has(id)) this.#add("cancel", "nobody has cancelled it");
		} else if (!REASONS.includes(JSON.parse(entry.data).reason)) {
			this.#add("end", `it failed with ${entry.data}`);
		} else if (!isDisturbed)
			this.#add("lost", `it failed with ${entry.data}, and nothing was broken`);
	}

	#gap(reason: string): void {
		const { claims, isLossy } = this.#deeds;
		const { id } = this.#reading;
		const attempts = new Set(
			claims.filter((claim) => claim.id === id).map(({ attempt }) => attempt),
		);
		if (!(isLossy || (reason === "attempt" && attempts.size > 1))) {
			this.#add("gap", `it received a gap, ${reason}, without a cause`);
		}
		this.#isBehindGap = true;
	}

	#add(rule: RunViolation["rule"], what: string): void {
		const { id, reader } = this.#reading;
		this.#found.push({ rule, id, reader, what });
	}
}

function checkClaims({ claims }: Deeds): RunViolation[] {
	const owners = new Map<string, number>();
	for (const { attempt, isOwn } of claims) {
		if (isOwn) owners.set(attempt, (owners.get(attempt) ?? 0) + 1);
	}
	return claims.flatMap(({ id, attempt, isOwn }) => {
		if (!isOwn || (owners.get(attempt) ?? 0) < 2) return [];
		const what = `the attempt ${attempt} was given to several producers`;
		return [{ rule: "claim" as const, id, reader: "all", what }];
	});
}

function checkCancels(readings: readonly Reading[], { confirmed, isLossy }: Deeds): RunViolation[] {
	if (isLossy) return [];
	return [...confirmed].flatMap((id) => {
		const ends = readings
			.filter((reading) => reading.id === id)
			.flatMap(({ items }) =>
				items.flatMap((item) => (item.kind === "entry" ? (item.end ?? []) : [])),
			);
		if (ends.length === 0 || ends.includes("cancelled")) return [];
		const what = `it was cancelled, and ended as ${ends[0]}`;
		return [{ rule: "cancel" as const, id, reader: "all", what }];
	});
}

/** The event at a position is the same for everyone. Only an end may replace what was lost. */
function checkAgreement(
	readings: readonly Reading[],
	{ isLossy, isHandedOver }: Deeds,
): RunViolation[] {
	const found: RunViolation[] = [];
	const places = new Map<string, ReceivedEntry>();
	const producers = new Map<string, string>();
	for (const { id, reader, items } of readings) {
		for (const entry of items) {
			if (entry.kind !== "entry") continue;
			const place = `${entry.attempt}~${entry.mark}.${entry.sequence}`;
			const known = places.get(place) ?? entry;
			places.set(place, known);
			const isEnd = known.end !== undefined || entry.end !== undefined;
			if (known.data !== entry.data && !(isLossy && isEnd)) {
				const what = `${textOf(entry)} was for others ${textOf(known)}`;
				found.push({ rule: "agreement", id, reader, what });
			}
			const { producer } = decodeToken(entry.data) ?? {};
			if (producer === undefined || isHandedOver) continue;
			const first = producers.get(entry.attempt) ?? producer;
			producers.set(entry.attempt, first);
			if (producer !== first) {
				const what = `${textOf(entry)} is of another producer than ${first}`;
				found.push({ rule: "producers", id, reader, what });
			}
		}
	}
	return found;
}

/** What a store lost and what it has instead are two branches of a run. A gap must stand between what a reader receives of both. */
function checkBranches(readings: readonly Reading[]): RunViolation[] {
	const found: RunViolation[] = [];
	const beginnings = new Map<string, string>();
	for (const { id, reader, from, items } of readings) {
		let before = from?.mark;
		for (const item of items) {
			if (item.kind === "gap") before = undefined;
			if (item.kind !== "entry" || item.mark === before) continue;
			const producer = `${item.attempt}~${item.mark}`;
			const beginning = `${item.sequence}, behind ${before ?? "the first producer"}`;
			const known = beginnings.get(producer) ?? beginning;
			beginnings.set(producer, known);
			if (known !== beginning) {
				const what = `${producer} began at ${beginning}, and for others at ${known}`;
				found.push({ rule: "branch", id, reader, what });
			}
			before = item.mark;
		}
	}
	return found;
}

function textOf({ attempt, sequence, mark = "", data, end }: ReceivedEntry): string {
	return `${attempt}~${mark}.${sequence} (${end === undefined ? "" : `${end} `}${data.slice(0, 60)})`;
}
