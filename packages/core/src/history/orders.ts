/**
 * The orders: commands that the log delivers. Each concerns the connections whose place in the log is before it. A client that is
 * ahead of this process has a later place than the process.
 */

import type { Connection } from "../connection/connection.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Command, Obeyed } from "../event-log/command.js";
import type { Concerns } from "../registry/commands.js";
import type { Position } from "../wire/cursor.js";
import type { AheadOfLog } from "./ahead-of-log.js";

/** What the orders need from the service. */
export interface OrdersHost {
	readonly diagnostics: Diagnostics;
	/** Carries out a command for those connections of its target that it concerns. @throws `ERR_SSE_MAX_GROUPS` */
	readonly obey: (command: Obeyed, concerns: Concerns) => void;
	onError(error: unknown, stage: "log"): void;
}

export class Orders {
	readonly #ahead: AheadOfLog<Connection>;
	readonly #host: OrdersHost;

	constructor(ahead: AheadOfLog<Connection>, host: OrdersHost) {
		this.#ahead = ahead;
		this.#host = host;
	}

	obey(command: Command, at: Position, overruledBy: readonly Command[]): void {
		if (command.do === "signal") return void this.#host.diagnostics.signalled(command);
		const isPast = (each: Connection): boolean => this.#ahead.isPast(each, at);
		this.#carryOut(command, { isPast, overruledBy });
		this.#ahead.hold((only) => this.#carryOut(command, { only, overruledBy }));
	}

	/** A command was given, and carried out, here. */
	onGiven(command: Obeyed): void {
		this.#ahead.hold((only) => this.#carryOut(command, { only }));
	}

	#carryOut(...obeyed: Parameters<OrdersHost["obey"]>): void {
		try {
			this.#host.obey(...obeyed);
		} catch (error) {
			this.#host.onError(error, "log");
		}
	}
}
