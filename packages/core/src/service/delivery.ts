/**
 * Delivery: the one way of an event to the connections of this process.
 */
import type { Connection } from "../connection/connection.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Registry } from "../registry/registry.js";
import type { Selection } from "../registry/target.js";
import type { Frame } from "../wire/frame.js";

export class Delivery {
	readonly #registry: Registry;
	readonly #diagnostics: Diagnostics;

	constructor(registry: Registry, diagnostics: Diagnostics) {
		this.#registry = registry;
		this.#diagnostics = diagnostics;
	}

	/** Hands a frame to every open connection of a selection, except to `keptFrom`. @returns the number that took it */
	deliver(
		selection: Selection,
		frame: Frame,
		keptFrom?: ReadonlySet<Connection>,
		traceparent?: string,
	): number {
		const connections = this.#registry.visit(
			selection,
			(connection) => !keptFrom?.has(connection) && connection.enqueue(frame),
		);
		this.#diagnostics.sent(selection, frame, connections, traceparent);
		return connections;
	}

	/** The number of open connections in a selection. */
	count(selection: Selection): number {
		return this.#registry.visit(selection, ({ closed }) => !closed);
	}
}
