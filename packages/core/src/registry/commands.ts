/**
 * The commands: changes to group memberships, connections and `meta`, requested here or by another process that shares
 * the log.
 */

import { invalid } from "../checks/errors.js";
import { checkGroups, checkMeta, type NameLimits, tooMany } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import type { Command, Obeyed } from "../event-log/command.js";
import type { Meta } from "../types/client.js";
import type { CloseReason } from "../types/connection.js";
import { mainOf } from "./client.js";
import type { Registry } from "./registry.js";
import { audienceOf, readTarget, type Selection } from "./target.js";

interface RosterOptions extends NameLimits {
	readonly maxGroupsPerConnection: number;
	readonly eventLog?: object | undefined;
}

/** A command that changes connections or clients. */
type Change = Exclude<Obeyed, { readonly do: "present" }>;

/** Which of the connections in its target a command concerns. All by default. */
export interface Concerns {
	/** Only this one, if it is in the target. */
	readonly only?: Connection | undefined;
	/** Not those that are past it in the log. */
	readonly isPast?: (connection: Connection) => boolean;
	/** Not those that have opened since one of these commands was given here. */
	readonly overruledBy?: readonly Command[];
}

/** What the commands need from the service. */
export interface CommandsHost {
	/** Called when a connection has joined groups. */
	onJoined(connection: Connection, groups: readonly string[]): void;
	/** Called when something has changed that other processes see. */
	onChange(): void;
	/** Called when another process requests the clients of a group, or all clients. */
	onAsked(group: string | undefined): void;
	/** Makes every other process do the same. */
	tell(command: Obeyed): void;
}

export class Commands {
	readonly #registry: Registry;
	readonly #options: RosterOptions;
	readonly #host: CommandsHost;
	/** How many connections had opened when each command was given here. */
	readonly #given = new WeakMap<Command, number>();

	constructor(registry: Registry, options: RosterOptions, host: CommandsHost) {
		this.#registry = registry;
		this.#options = options;
		this.#host = host;
	}

	/** @throws `ERR_SSE_INVALID_*`, and `ERR_SSE_MAX_GROUPS`, in which case none has joined */
	join(target: unknown, groups: unknown): number {
		return this.#change(target, groups, "join");
	}

	/** @throws `ERR_SSE_INVALID_*` */
	leave(target: unknown, groups: unknown): number {
		return this.#change(target, groups, "leave");
	}

	/** @throws `ERR_SSE_INVALID_*` */
	disconnect(target: unknown, reason: CloseReason): number {
		if (typeof reason !== "string" || reason.length === 0) {
			throw invalid("ERR_SSE_INVALID_REASON", "The reason must be a non-empty string", reason);
		}
		const selection = readTarget(target, this.#options);
		return this.#do(selection, (within) => ({ do: "disconnect", target: within, reason }));
	}

	/** @throws `ERR_SSE_INVALID_META` */
	setMetadata(client: string, meta: Meta, group?: string): void {
		const checked = checkMeta(meta, this.#options.eventLog !== undefined);
		// Without a client, the selection would include everyone.
		if (typeof client !== "string") return;
		this.#do({ client, group }, (target) => ({ do: "setMetadata", target, meta: checked }));
	}

	/** Carries out a command that the log delivers. @throws `ERR_SSE_MAX_GROUPS` */
	obey(command: Obeyed, concerns: Concerns): void {
		if (command.do !== "present") this.#apply(command.target, command, concerns);
		else if (concerns.only === undefined) this.#host.onAsked(command.target.group);
	}

	/** The open connections of a selection that a command concerns. */
	#select(selection: Selection, command: Change, concerns: Concerns): readonly Connection[] {
		const { only, isPast, overruledBy } = concerns;
		const connections: Connection[] = [];
		const look = (each: Connection): boolean => {
			const isOverruled = (own: Command): boolean =>
				this.#isOlder(own, each) && this.#isIn(own.target, each);
			if (isPast?.(each) || this.#isOlder(command, each) || overruledBy?.some(isOverruled))
				return false;
			return connections.push(each) > 0;
		};
		if (only === undefined) this.#registry.visit(selection, look);
		else if (this.#isIn(selection, only)) look(only);
		return connections;
	}

	/** Whether a command was given here before a connection opened. */
	#isOlder(command: Command, { order }: Connection): boolean {
		return (this.#given.get(command) ?? order) < order;
	}

	#isIn({ client, group, exceptClient }: Selection, connection: Connection): boolean {
		const { clientId } = connection;
		if (clientId === exceptClient || (client ?? clientId) !== clientId) return false;
		if (group !== undefined) return this.#registry.has(connection, group);
		return this.#registry.includes(connection);
	}

	#change(target: unknown, groups: unknown, change: "join" | "leave"): number {
		const { maxGroupNameLength, maxGroupsPerConnection } = this.#options;
		const most = change === "join" ? maxGroupsPerConnection : Infinity;
		const names = checkGroups(groups, maxGroupNameLength, most);
		const selection = readTarget(target, this.#options);
		return this.#do(selection, (within) => ({ do: change, target: within, groups: names }));
	}

	/** Runs the command here at once, and in other processes in the order of the log. */
	#do(selection: Selection | undefined, command: (target: Command["target"]) => Change): number {
		if (selection === undefined) return 0;
		const change = command(audienceOf(selection));
		const count = this.#apply(selection, change, {});
		// A command for one connection, which is in this process, concerns no other.
		if (selection.connection !== undefined) return count;
		this.#given.set(change, this.#registry.opened);
		this.#host.tell(change);
		return count;
	}

	#apply(selection: Selection, command: Change, concerns: Concerns): number {
		this.#host.onChange();
		const connections = this.#select(selection, command, concerns);
		switch (command.do) {
			case "join":
				return this.#join(connections, command.groups);
			case "leave":
				return connections.filter((each) => this.#registry.leave(each, command.groups)).length;
			case "disconnect":
				return connections.filter((connection) => connection.close(command.reason)).length;
			case "setMetadata":
				if (connections.length > 0) this.#setMeta(command.target, command.meta);
				return connections.length;
		}
	}

	/** Sets `meta` in one group, or for lookups without a group. */
	#setMeta({ client: clientId = "", group }: Command["target"], meta: Meta): void {
		const client = this.#registry.client(clientId);
		if (client === undefined) return;
		const holder =
			group === undefined ? mainOf(client) : this.#registry.membership(clientId, group);
		if (holder !== undefined) holder.meta = meta;
	}

	#join(connections: readonly Connection[], groups: readonly string[]): number {
		for (const { memberships } of connections) {
			const added = groups.filter((name) => !memberships.has(name));
			const count = memberships.size + added.length;
			const { maxGroupsPerConnection: most } = this.#options;
			if (count > most) {
				throw tooMany("ERR_SSE_MAX_GROUPS", "groups", "maxGroupsPerConnection", most);
			}
		}
		return connections.filter((connection) => {
			const added = this.#registry.join(connection, groups);
			if (added.length > 0) this.#host.onJoined(connection, added);
			return added.length > 0;
		}).length;
	}
}
