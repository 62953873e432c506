/**
 * Targets and readers: who an event is for.
 */

/** Who an event is sent to, in the service's own form. */
export type Target =
	| "all"
	| { readonly all: true; readonly except: { readonly client: string } }
	| { readonly group: string; readonly except?: { readonly client: string } }
	| { readonly client: string; readonly group?: string };

/** Reads a stream, and opens the next one with the last id of the one before. */
export interface Reader {
	readonly name: string;
	readonly clientId: string;
	readonly groups: readonly string[];
}

/** These groups keep the newest event of each key, and no other. */
export const STATE_GROUPS: readonly string[] = ["state", "prices"];

export function isFor(target: Target, { clientId, groups }: Reader): boolean {
	if (target === "all") return true;
	if ("except" in target && target.except?.client === clientId) return false;
	if ("client" in target && target.client !== clientId) return false;
	return !("group" in target) || target.group === undefined || groups.includes(target.group);
}

/** The group that keeps the newest events sent to a target, if one does. */
export function stateGroupOf(target: Target): string | undefined {
	if (target === "all" || "client" in target || !("group" in target)) return undefined;
	return STATE_GROUPS.find((group) => group === target.group);
}
