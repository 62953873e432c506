/**
 * Commands of this process that the log has, or will have, behind one that has arrived. They were carried out here when they were
 * given; where the arrived one changes the same, they are carried out again. So the last command in the log decides, here as in
 * every other process.
 */
import type { Command } from "../event-log/command.js";

/** A command whose effect lasts. A `disconnect` is not repeated: a client that has reconnected since is not meant. */
export type Lasting = Extract<Command, { readonly do: "join" | "leave" | "setMetadata" }>;

export function isLasting(command: Command): command is Lasting {
	return command.do === "join" || command.do === "leave" || command.do === "setMetadata";
}

/** @param own in the order in which they were given. @returns those that an arrived command interferes with */
export function laterThan(arrived: Command, own: Iterable<Lasting>): readonly Lasting[] {
	if (!isLasting(arrived)) return [];
	const again: Lasting[] = [];
	const changed = new Set(changesOf(arrived));
	for (const each of own) {
		const { client, group } = each.target;
		const isOther = client !== undefined && (arrived.target.client ?? client) !== client;
		const changes = changesOf(each);
		const isChosenByOther = group !== undefined && changed.has(membershipIn(group));
		if (isOther || !(isChosenByOther || changes.some((what) => changed.has(what)))) continue;
		again.push(each);
		for (const what of changes) changed.add(what);
	}
	return again;
}

function changesOf(command: Lasting): readonly string[] {
	if (command.do !== "setMetadata") return command.groups.map(membershipIn);
	return [`meta in ${command.target.group ?? ""}`];
}

function membershipIn(group: string): string {
	return `membership in ${group}`;
}
