/**
 * The roster: changes to who is in which group, who is connected and what is known of them, asked for here or by
 * another process that shares the log.
 */

import { checkGroups, checkMeta, type NameLimits, tooMany } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import type { Command } from "../event-log/command.js";
import type { Meta } from "../types/client.js";
import type { CloseReason } from "../types/connection.js";
import { mainOf } from "./client.js";
import type { Registry } from "./registry.js";
import { readTarget, type Selection } from "./target.js";

interface RosterOptions extends NameLimits {
	readonly maxGroupsPerConnection: number;
	readonly eventLog?: object | undefined;
}

/** What changes connections or clients. */
type Change = Exclude<Command, { readonly do: "present" }>;

/** What the roster asks of the service. */
export interface CommandsHost {
	/** A connection has just come to groups. */
	onJoined(connection: Connection, groups: readonly string[]): void;
	/** Something has changed that other processes are shown. */
	onChange(): void;
	/** Another process asks for the clients of a group, or for all. */
	onAsked(group: string | undefined): void;
	/** Have every other process do the same. */
	tell(command: Command): void;
}

export class Commands {
	readonly #registry: Registry;
	readonly #options: RosterOptions;
	readonly #host: CommandsHost;

	constructor(registry: Registry, options: RosterOptions, host: CommandsHost) {
		this.#registry = registry;
		this.#options = options;
		this.#host = host;
	}

	/** @throws `ERR_SSE_INVALID_*`, and `ERR_SSE_MAX_GROUPS`: then none has joined */
	join(target: unknown, groups: unknown): number {
		return this.#change(target, groups, "join");
	}

	/** @throws `ERR_SSE_INVALID_*` */
	leave(target: unknown, groups: unknown): number {
		return this.#change(target, groups, "leave");
	}

	/** @throws `ERR_SSE_INVALID_*` */
	disconnect(target: unknown, reason: CloseReason): number {
		const selection = readTarget(target, this.#options);
		return this.#do(selection, (within) => ({ do: "disconnect", target: within, reason }));
	}

	/** @throws `ERR_SSE_INVALID_META` */
	setMetadata(client: string, meta: Meta, group?: string): void {
		const checked = checkMeta(meta, this.#options.eventLog !== undefined);
		// Nobody told would be everyone.
		if (typeof client !== "string") return;
		this.#do({ client, group }, (target) => ({ do: "setMetadata", target, meta: checked }));
	}

	/** What another process asks for, where it has been done already. @throws `ERR_SSE_MAX_GROUPS` */
	obey(command: Command): number {
		if (command.do !== "present") return this.#apply(command.target, command);
		this.#host.onAsked(command.target.group);
		return 0;
	}

	/** The open connections of a selection. */
	#select(selection: Selection): readonly Connection[] {
		const connections: Connection[] = [];
		this.#registry.visit(selection, (connection) => connections.push(connection) > 0);
		return connections;
	}

	#change(target: unknown, groups: unknown, change: "join" | "leave"): number {
		const { maxGroupNameLength, maxGroupsPerConnection } = this.#options;
		const most = change === "join" ? maxGroupsPerConnection : Infinity;
		const names = checkGroups(groups, maxGroupNameLength, most);
		const selection = readTarget(target, this.#options);
		return this.#do(selection, (within) => ({ do: change, target: within, groups: names }));
	}

	/** Here at once; elsewhere in the order of the log. */
	#do(selection: Selection | undefined, command: (target: Command["target"]) => Change): number {
		if (selection === undefined) return 0;
		const { connection, client, group, exceptClient } = selection;
		const told = command({ client, group, exceptClient });
		const count = this.#apply(selection, told);
		// A connection is here, and so is one that is left out.
		if (connection === undefined) this.#host.tell(told);
		return count;
	}

	#apply(selection: Selection, command: Change): number {
		this.#host.onChange();
		const connections = this.#select(selection);
		switch (command.do) {
			case "join":
				return this.#join(connections, command.groups);
			case "leave":
				return connections.filter((each) => this.#registry.leave(each, command.groups)).length;
			case "disconnect":
				return connections.filter((connection) => connection.close(command.reason)).length;
			case "setMetadata":
				this.#setMeta(command.target, command.meta);
				return connections.length;
		}
	}

	/** In one group, or where no group is named. */
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
			if (count > this.#options.maxGroupsPerConnection) {
				throw tooMany("ERR_SSE_MAX_GROUPS", "groups");
			}
		}
		return connections.filter((connection) => {
			const added = this.#registry.join(connection, groups);
			if (added.length > 0) this.#host.onJoined(connection, added);
			return added.length > 0;
		}).length;
	}
}
