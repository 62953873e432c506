/**
 * How a local copy is filled: read from the engine when a process starts or the log broke, or kept unchanged when it is
 * proven to be part of the log still.
 */

import type { RetentionRules } from "../event-log/retention.js";
import type { Position } from "../wire/cursor.js";
import type { EngineClock } from "./engine-clock.js";
import { LocalCopy } from "./local-copy.js";
import type { LogEngine, Stored } from "./log-engine.js";
import { readArrival } from "./log-format.js";
import type { ArrivedCommand } from "./log-writer.js";

// Texts per call to the engine, and in total.
const PAGE = 500;
const MAX_FILL = 65_536;

// A recreated log is delivered from its beginning if it is at most this long.
const YOUNG = 1_000;

interface FillHost {
	readonly rules: RetentionRules;
	/** The copy that this process had, if the log was open. */
	readonly former: LocalCopy | undefined;
	readonly clock: EngineClock;
}

interface Filled {
	readonly copy: LocalCopy;
	/** Commands in the copy that were never delivered here. */
	readonly commands: readonly ArrivedCommand[];
}

/** Whether the log continues from a position. `newest`: its newest position */
export async function continues(
	engine: LogEngine,
	{ epoch, sequence, tag }: Position,
	newest: Position,
): Promise<boolean> {
	if (newest.epoch !== epoch || newest.sequence < sequence) return false;
	if (newest.sequence === sequence) return newest.tag === tag;
	const [first] = await engine.read(Math.max(1, sequence), 1);
	if (sequence === 0) return tag === "0" && first?.sequence === 1;
	if (first?.sequence === sequence) return first.tag === tag;
	return first?.sequence === sequence + 1 && first.previousTag === tag;
}

/** Creates a local copy of the newest part of the log. */
export async function fillLocalCopy(
	engine: LogEngine,
	newest: Position,
	{ rules, former, clock }: FillHost,
): Promise<Filled> {
	const { epoch } = newest;
	const now = (): number => clock.now();
	if (former !== undefined && former.position.epoch !== epoch && (await isYoung(engine, newest))) {
		return { copy: new LocalCopy(rules, { epoch, sequence: 0, tag: "0" }, now), commands: [] };
	}
	const stored = await readNewest(engine, newest, countOf(rules));
	const last = stored.at(-1);
	if (last !== undefined) clock.seeDate(last.at);
	const [first] = stored;
	const base = first === undefined ? newest : baseOf(first, epoch);
	const copy = new LocalCopy(rules, base, now);
	for (const [name, { latest }] of rules.ofGroups) {
		const kept = latest ? await engine.latest(name) : [];
		for (const each of kept) {
			const { sequence, tag } = each;
			const isEarlier = sequence <= base.sequence;
			const record = isEarlier ? readArrival(each, { epoch, sequence, tag })?.record : undefined;
			// A process with other patterns may have stored it here, too late for what is kept of its group elsewhere.
			const { group } = record?.target ?? {};
			const isHere = group !== undefined && rules.ofGroups.nameFor(group) === name;
			if (record !== undefined && isHere) copy.addEarlier(record);
		}
	}
	const commands: ArrivedCommand[] = [];
	for (const each of stored) {
		const { sequence, tag } = each;
		if (sequence <= base.sequence) continue;
		const position = { epoch, sequence, tag };
		const { writer = "", record, command } = readArrival(each, position) ?? {};
		copy.add(position, record);
		copy.onDelivered();
		if (command === undefined || former === undefined || former.hadAt(position)) continue;
		commands.push({ writer, stored: each, position, command });
	}
	return { copy, commands };
}

/** The position just before `first`, or `first` itself if the tag before it is unknown. */
function baseOf({ sequence, tag, previousTag }: Stored, epoch: string): Position {
	if (previousTag !== undefined) return { epoch, sequence: sequence - 1, tag: previousTag };
	return sequence === 1 ? { epoch, sequence: 0, tag: "0" } : { epoch, sequence, tag };
}

async function isYoung(engine: LogEngine, { sequence }: Position): Promise<boolean> {
	if (sequence === 0 || sequence > YOUNG) return sequence === 0;
	const [first] = await engine.read(1, 1);
	return first?.sequence === 1;
}

/** The newest texts, as far back as they are contiguous. */
async function readNewest(
	engine: LogEngine,
	newest: Position,
	count: number,
): Promise<readonly Stored[]> {
	let stored: Stored[] = [];
	for (let from = Math.max(1, newest.sequence - count + 1); from <= newest.sequence; ) {
		const page = await engine.read(from, PAGE);
		for (const each of page) {
			// Stored since.
			if (each.sequence > newest.sequence) break;
			if (each.sequence !== (stored.at(-1)?.sequence ?? 0) + 1) stored = [];
			stored.push(each);
		}
		if (page.length === 0) break;
		from = (page.at(-1)?.sequence ?? 0) + 1;
	}
	const last = stored.at(-1);
	if (last === undefined || (last.sequence === newest.sequence && last.tag === newest.tag)) {
		return stored;
	}
	throw new Error(`The log in ${engine.name} has changed while it was read`);
}

function countOf({ byDefault, ofGroups }: RetentionRules): number {
	const all = [byDefault, ...ofGroups.values()];
	return Math.min(
		MAX_FILL,
		all.reduce((sum, { maxEvents }) => sum + maxEvents, 0),
	);
}
