/**
 * The groups that keep their newest events (`latest`), as the processes that share a log are configured: each that keeps any
 * tells the others when it starts, because they can differ, for example during a deploy. A process stores what it sends to a
 * group as newest if any process keeps these. Otherwise the engine would continue giving new processes what has since been
 * replaced.
 */
import { SSEError } from "../checks/errors.js";
import { GroupRules } from "../event-log/group-rules.js";
import type { Retention, RetentionRules } from "../event-log/retention.js";
import type { Audience } from "../types/target.js";

// The groups of others that are remembered.
const MAX_GROUPS = 10_000;

// The other processes that are remembered as notified.
const MAX_NOTIFIED = 1_000;

// Names in a message.
const MAX_NAMED = 5;

/** What a process tells the others. */
export interface Keeping {
	/** Each group, or pattern of groups, with the number of keys that it keeps. */
	readonly groups: readonly (readonly [group: string, max: number])[];
	/** It has just started, so others that differ answer. */
	readonly isNew: boolean;
}

export class KeptGroups {
	readonly #rules: GroupRules<Retention>;
	/** Those that this process does not keep. */
	readonly #others = new GroupRules<number>();
	readonly #notified = new Set<string>();
	#reported = "";

	constructor({ ofGroups }: RetentionRules) {
		this.#rules = ofGroups;
	}

	get own(): Keeping["groups"] {
		const kept = [...this.#rules].filter(([, { latest }]) => latest);
		// JSON has no Infinity.
		return kept.map(([name, { maxEvents }]) => [
			name,
			Math.min(maxEvents, Number.MAX_SAFE_INTEGER),
		]);
	}

	/** Where the keys of a group are kept, by the name of its rule, and how many; `undefined` if no process keeps any. */
	placeOf(group: string): { readonly name: string; readonly max: number } | undefined {
		const own = this.#rules.nameFor(group);
		const rule = own === undefined ? own : this.#rules.get(own);
		if (own !== undefined && rule?.latest) return { name: own, max: rule.maxEvents };
		const name = this.#others.nameFor(group);
		const max = name === undefined ? name : this.#others.get(name);
		return name === undefined || max === undefined ? undefined : { name, max };
	}

	/**
	 * Call with an event of another process that is not stored as newest. Returns an error for the operator, at most once for each
	 * process, if this process keeps those of the group: notify that process then.
	 */
	check(writer: string, { client, group }: Audience): SSEError | undefined {
		if (group === undefined || client !== undefined) return undefined;
		if (!this.#rules.for(group)?.latest) return undefined;
		if (this.#notified.has(writer) || this.#notified.size >= MAX_NOTIFIED) return undefined;
		this.#notified.add(writer);
		const rule =
			"Another process sends to a group with latest, and does not keep the newest events";
		return new SSEError("ERR_SSE_LOG_CONFIG", `${rule}: ${JSON.stringify(group)}`);
	}

	/**
	 * Call with what another process keeps.
	 *
	 * @returns an error for the operator if it is configured differently and that has not been reported yet
	 */
	hear({ groups }: Keeping): { readonly differs: boolean; readonly error?: SSEError | undefined } {
		const theirs = new Set<string>();
		for (const [group, max] of groups) {
			theirs.add(group);
			if (this.#keeps(group) || this.#others.size >= MAX_GROUPS) continue;
			this.#others.set(group, Math.max(max, this.#others.get(group) ?? 0));
		}
		const ours = [...this.#rules.keys()].filter((name) => this.#keeps(name) && !theirs.has(name));
		const others = [...theirs].filter((name) => !this.#keeps(name));
		const differs = ours.length + others.length > 0;
		const what = [shown(ours, "this"), shown(others, "another")].filter((each) => each !== "");
		const message = `Processes that share the log differ in the groups with latest: ${what.join("; ")}. Until all are configured alike, clients that enter these groups may receive only a part of the newest events`;
		if (!differs || message === this.#reported) return { differs };
		this.#reported = message;
		return { differs, error: new SSEError("ERR_SSE_LOG_CONFIG", message) };
	}

	#keeps(name: string): boolean {
		return this.#rules.get(name)?.latest === true;
	}
}

/** @returns `undefined` if it is not what a process tells */
export function readKeeping(fields: Record<PropertyKey, unknown>): Keeping | undefined {
	const { groups, isNew } = fields;
	const isRead =
		Array.isArray(groups) &&
		groups.every(
			(each) => Array.isArray(each) && typeof each[0] === "string" && Number.isSafeInteger(each[1]),
		);
	return isRead ? { groups, isNew: isNew === true } : undefined;
}

function shown(groups: readonly string[], whose: string): string {
	if (groups.length === 0) return "";
	const names = groups.slice(0, MAX_NAMED).map((group) => JSON.stringify(group));
	const more = groups.length > MAX_NAMED ? ` and ${groups.length - MAX_NAMED} more` : "";
	return `only ${whose} process keeps ${names.join(", ")}${more}`;
}
