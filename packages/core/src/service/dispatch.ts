/**
 * Dispatch: routes an event of the application to its connections, at once or through the history.
 */

import { invalid, SSEError } from "../checks/errors.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { History } from "../history/history.js";
import { readTarget } from "../registry/target.js";
import type { Published, PublishOptions, SendOptions } from "../types/message.js";
import type { Target } from "../types/target.js";
import { keyOf } from "../wire/frame.js";
import { readMessage } from "../wire/message.js";
import type { Delivery } from "./delivery.js";
import type { EventEncoder } from "./event-encoder.js";
import type { ResolvedOptions } from "./options.js";

export class Dispatch {
	readonly #options: ResolvedOptions;
	readonly #delivery: Delivery;
	readonly #encoder: EventEncoder;
	readonly #history: History | undefined;
	readonly #diagnostics: Diagnostics;

	constructor(
		options: ResolvedOptions,
		delivery: Delivery,
		encoder: EventEncoder,
		history: History | undefined,
		diagnostics: Diagnostics,
	) {
		this.#options = options;
		this.#delivery = delivery;
		this.#encoder = encoder;
		this.#history = history;
		this.#diagnostics = diagnostics;
	}

	/** @throws `ERR_SSE_INVALID_*` @returns the number of connections that it was handed to */
	send(target: Target, data: unknown, options: SendOptions | undefined): number {
		const selection = readTarget(target, this.#options);
		// The connection may belong to another service, which encodes ids in its own way.
		if (selection?.connection !== undefined) return selection.connection.send(data, options);
		const message = readMessage(data, options, this.#options);
		if (selection === undefined) return 0;
		if (this.#history === undefined || message.isVolatile) {
			const frame = this.#encoder.frameOf(message, keyOf(selection, message.key));
			return this.#delivery.deliver(selection, frame);
		}
		return this.#history.send(selection, message) ?? this.#delivery.count(selection);
	}

	/** @throws (rejects) like `send`; `ERR_SSE_NO_HISTORY` */
	publish(target: Target, data: unknown, options?: PublishOptions): Promise<Published> {
		if (this.#diagnostics.isTraced) {
			return this.#diagnostics.trace(target, options, async (traceparent) =>
				this.#publish(target, data, options, traceparent),
			);
		}
		// An async function would cost another promise for each event.
		try {
			return this.#publish(target, data, options);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	#publish(
		target: Target,
		data: unknown,
		options: PublishOptions | undefined,
		traceparent?: string,
	): Promise<Published> {
		const selection = readTarget(target, this.#options);
		const message = readMessage(data, options, this.#options, "publish");
		if (this.#history === undefined) {
			const rule = "publish needs the option history of the service: set history: true";
			throw new SSEError("ERR_SSE_NO_HISTORY", rule);
		}
		if (selection === undefined || selection.connection !== undefined) {
			const rule = "publish takes a target of several connections; use send for a single one";
			throw invalid("ERR_SSE_INVALID_TARGET", rule, target);
		}
		return this.#history.publish(selection, message, traceparent);
	}
}
