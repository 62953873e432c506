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

/** Whether an event is for a reader in the groups that it connects to. */
export function isFor(target: Target, reader: Reader): boolean {
	const group = groupOf(target);
	return isForClient(target, reader) && (group === undefined || reader.groups.includes(group));
}

/** The same, whatever groups it is in. */
export function isForClient(target: Target, { clientId }: Reader): boolean {
	if (target === "all") return true;
	if ("except" in target && target.except?.client === clientId) return false;
	return !("client" in target) || target.client === clientId;
}

/** The group that one has to be in. */
export function groupOf(target: Target): string | undefined {
	return target !== "all" && "group" in target ? target.group : undefined;
}

/** The group that keeps the newest events sent to a target, if one does. */
export function stateGroupOf(target: Target): string | undefined {
	if (target === "all" || "client" in target || !("group" in target)) return undefined;
	return STATE_GROUPS.find((group) => group === target.group);
}
