/**
 * The servers that end streams: each one that closes ends the streams it received, and the last one ends all.
 */
import { invalid } from "../checks/errors.js";
import { carrierOf } from "../sink/open-sinks.js";
import { onServerClose, type ServerEnd, serverOf } from "../sink/server-close.js";
import type { HttpServer, ResponseLike } from "../types/http.js";
import { Shutdown, type ShutdownHost } from "./shutdown.js";

/** A stream, identified by its response. */
interface Stream {
	readonly response: {
		once(event: "close", listener: () => void): unknown;
	};
	close(reason: "shutdown"): unknown;
}

/** The owner of the streams. */
export interface ServersHost<T> extends Pick<ShutdownHost<T>, "service" | "connections"> {
	/** Ends every stream and refuses new ones. */
	readonly shutdown: Pick<Shutdown<never>, "ensure" | "isOver">;
}

export class Servers<T extends Stream> implements ServerEnd {
	readonly #host: ServersHost<T>;
	/** Servers that listen, or have been passed a socket, and have not closed since. */
	readonly #open = new Set<HttpServer>();
	readonly #closing = new Map<unknown, Shutdown<T>>();

	constructor(host: ServersHost<T>) {
		this.#host = host;
	}

	/** Makes `server.close()` end streams. @throws `ERR_SSE_INVALID_OPTION` for what is no server */
	add(server: HttpServer): void {
		// The apps of Express and Koa are emitters, those of Fastify and Nest have a `close`, and none of them is a server.
		if (typeof (server as HttpServer | undefined)?.listening !== "boolean") {
			const rule = "closeWith takes the server that listen returns";
			throw invalid("ERR_SSE_INVALID_OPTION", rule, server);
		}
		onServerClose(server, this);
	}

	/** @throws `ERR_SSE_SERVICE_CLOSED` if the server that received this response's request is closing */
	check(response: ResponseLike): void {
		if (this.#closing.size > 0) this.#closing.get(serverOf(response))?.check("The server");
	}

	/** Whether the server that received this response's request is closing. */
	isClosing(response: ResponseLike): boolean {
		return this.#closing.size > 0 && this.#closing.has(serverOf(response));
	}

	get headTimeoutMs(): number {
		return this.#host.service.options.closeTimeoutMs;
	}

	get isOver(): boolean {
		return this.#host.shutdown.isOver;
	}

	onOpen(server: HttpServer): void {
		this.#open.add(server);
		this.#closing.delete(server);
	}

	onClose(server: HttpServer): Promise<void> {
		this.#open.delete(server);
		if (this.#open.size === 0) return this.#host.shutdown.ensure();
		const { service } = this.#host;
		const own = [...this.#host.connections()].filter(
			({ response }) => serverOf(carrierOf(response)) === server,
		);
		let left = own.length;
		const shutdown = new Shutdown<T>({
			service,
			connections: () => own,
			isOver: () => left === 0,
		});
		for (const { response } of own) {
			carrierOf(response).once("close", () => {
				left--;
				if (left === 0) shutdown.onOver();
			});
		}
		this.#closing.set(server, shutdown);
		return shutdown.begin();
	}
}
