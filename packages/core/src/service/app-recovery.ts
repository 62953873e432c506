/**
 * The recovery: calls the application's `recover` for a connection that missed events, and encodes what it returns.
 */
import { checkObject } from "../checks/errors.js";
import { checkKeys } from "../checks/option-rules.js";
import type { Connection } from "../connection/connection.js";
import type { Recovery } from "../history/recovery.js";
import { ClientView } from "../registry/client-view.js";
import type { Registry } from "../registry/registry.js";
import type { GapReason } from "../types/history.js";
import type { RecoveredEvent } from "../types/message.js";
import { encodeFrame, type Frame } from "../wire/frame.js";
import { encodeMessage } from "../wire/message.js";
import type { ResolvedOptions } from "./options.js";

// An id would overwrite the client's position in the log.
const EVENT_NAMES = { data: true, event: true };

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

	encode(given: RecoveredEvent): Frame {
		checkObject(given, "An event of recover", "ERR_SSE_INVALID_OPTION");
		checkKeys(given, EVENT_NAMES, "An event of recover has no");
		const { data, event } = given;
		return encodeFrame(encodeMessage(data, { event }, this.#options), "event");
	}
}
