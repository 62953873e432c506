/**
 * Commands of this process that the log has, or will have, behind one that has arrived. They were carried out here when they were
 * given; where the arrived one changes the same, they are carried out again. So the last command in the log decides, here as in
 * every other process.
 */
import type { Command, Lasting } from "../event-log/command.js";

/** What to carry out. */
export interface Order {
	readonly command: Command;
	/** Commands of this process behind it that change all that it changes. */
	readonly overruledBy: readonly Lasting[];
}

export function isLasting(command: Command): command is Lasting {
	return command.do === "join" || command.do === "leave" || command.do === "setMetadata";
}

/**
 * What to carry out when a command of another process arrives: it, and again those of this process that it interferes with.
 *
 * @param own those that the log has, or will have, behind it, in the order in which they were given
 */
export function ordersOn(arrived: Command, own: readonly Lasting[]): readonly Order[] {
	if (laterThan(arrived, own).length === 0) return [{ command: arrived, overruledBy: [] }];
	return partsOf(arrived).flatMap((part) => {
		const again = laterThan(part, own);
		const changed = changesOf(part).join();
		const overruledBy = again.filter((each) => changesOf(each).includes(changed));
		return [
			{ command: part, overruledBy },
			...again.map((command) => ({ command, overruledBy: [] })),
		];
	});
}

/** Commands that change one thing each. */
function partsOf(command: Command): readonly Lasting[] {
	if ((command.do === "join" || command.do === "leave") && command.groups.length > 1) {
		return command.groups.map((group) => ({ ...command, groups: [group] }));
	}
	return isLasting(command) ? [command] : [];
}

/** @param own in the order in which they were given. @returns those that an arrived command interferes with */
function laterThan(arrived: Command, own: readonly Lasting[]): readonly Lasting[] {
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
