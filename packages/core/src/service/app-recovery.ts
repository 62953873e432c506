/**
 * The recovery: calls the application's `recover` for a connection that missed events, and encodes what it returns.
 */
import { invalid } from "../checks/errors.js";
import type { Connection } from "../connection/connection.js";
import type { Recovery } from "../history/recovery.js";
import { ClientView } from "../registry/client-view.js";
import type { Registry } from "../registry/registry.js";
import type { GapReason } from "../types/history.js";
import type { RecoveredEvent } from "../types/message.js";
import { encodeFrame, type Frame } from "../wire/frame.js";
import { encodeMessage } from "../wire/message.js";
import type { ResolvedOptions } from "./options.js";

export class AppRecovery implements Recovery<Connection> {
	readonly #registry: Registry;
	readonly #options: ResolvedOptions;

	constructor(registry: Registry, options: ResolvedOptions) {
		this.#registry = registry;
		this.#options = options;
	}

	recover(
		connection: Connection,
		reason: GapReason,
		lastEventId: string,
		stop: AbortSignal,
	): ReturnType<Recovery<Connection>["recover"]> {
		const client = this.#registry.client(connection.clientId);
		const { recover } = this.#options;
		if (client === undefined || recover === undefined) return false;
		const { lastOwnId, groups, signal } = connection;
		return recover({
			client: new ClientView(client, connection.home),
			groups,
			lastEventId,
			lastOwnId,
			reason,
			signal: AbortSignal.any([signal, stop]),
		});
	}

	/** Encodes an event without an id, which would overwrite the client's position in the log. */
	encode({ data, event, ...others }: RecoveredEvent): Frame {
		const [unknown] = Object.keys(others);
		if (unknown !== undefined) {
			const rule = "An event that recover returns must be { data, event }";
			throw invalid("ERR_SSE_INVALID_OPTION", rule, unknown);
		}
		return encodeFrame(encodeMessage(data, { event }, this.#options), "event");
	}
}
