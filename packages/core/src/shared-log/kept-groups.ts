/**
 * The groups that keep their newest events (`latest`), as the processes that share a log are configured: each that keeps any
 * tells the others when it starts, because they can differ, for example during a deploy. A process stores what it sends to a
 * group as newest if any process keeps these. Otherwise the engine would continue giving new processes what has since been
 * replaced.
 */
import { SSEError } from "../checks/errors.js";
import type { RetentionRules } from "../event-log/retention.js";
import type { Audience } from "../types/target.js";

// The groups of others that are remembered.
const MAX_GROUPS = 10_000;

// The other processes that are remembered as notified.
const MAX_NOTIFIED = 1_000;

// Names in a message.
const MAX_NAMED = 5;

/** What a process tells the others. */
export interface Keeping {
	/** Each group with the number of keys that it keeps. */
	readonly groups: readonly (readonly [group: string, max: number])[];
	/** It has just started, so others that differ answer. */
	readonly isNew: boolean;
}

export class KeptGroups {
	readonly #own: ReadonlyMap<string, number>;
	readonly #others = new Map<string, number>();
	readonly #notified = new Set<string>();
	#reported = "";

	constructor({ ofGroups }: RetentionRules) {
		this.#own = new Map(
			[...ofGroups].flatMap(([group, { latest, maxEvents }]) =>
				latest ? [[group, maxEvents] as const] : [],
			),
		);
	}

	get own(): Keeping["groups"] {
		// JSON has no Infinity.
		return Array.from(this.#own, ([group, max]) => [group, Math.min(max, Number.MAX_SAFE_INTEGER)]);
	}

	/** How many keys of a group are kept; `undefined` if no process keeps any. */
	maxOf(group: string): number | undefined {
		return this.#own.get(group) ?? this.#others.get(group);
	}

	/**
	 * Call with an event of another process that is not stored as newest. Returns an error for the operator, at most once for each
	 * process, if this process keeps those of the group: notify that process then.
	 */
	check(writer: string, { client, group }: Audience): SSEError | undefined {
		if (group === undefined || client !== undefined || !this.#own.has(group)) return undefined;
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
			if (this.#own.has(group) || this.#others.size >= MAX_GROUPS) continue;
			this.#others.set(group, Math.max(max, this.#others.get(group) ?? 0));
		}
		const ours = [...this.#own.keys()].filter((group) => !theirs.has(group));
		const others = [...theirs].filter((group) => !this.#own.has(group));
		const differs = ours.length + others.length > 0;
		const what = [shown(ours, "this"), shown(others, "another")].filter((each) => each !== "");
		const message = `Processes that share the log differ in the groups with latest: ${what.join("; ")}. Until all are configured alike, clients that enter these groups may receive only a part of the newest events`;
		if (!differs || message === this.#reported) return { differs };
		this.#reported = message;
		return { differs, error: new SSEError("ERR_SSE_LOG_CONFIG", message) };
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
