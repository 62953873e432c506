/**
 * The servers whose end is the end of streams: with each end those that came by it, and with the last of them all.
 */
import { onServerClose, serverOf } from "../sink/server-close.js";
import type { HttpServer, ResponseLike } from "../types/http.js";
import { Shutdown, type ShutdownHost } from "./shutdown.js";

/** A stream, by its response. */
interface Stream {
	readonly response: {
		once(event: "close", listener: () => void): unknown;
	};
	close(reason: "shutdown"): unknown;
}

/** Whose streams they are. */
export interface ServersHost<T> extends Pick<ShutdownHost<T>, "service" | "connections"> {
	/** End every stream and refuse new ones, unless that has begun. @returns a promise that resolves when every response has closed */
	shutDown(): Promise<void>;
}

export class Servers<T extends Stream> {
	readonly #host: ServersHost<T>;
	readonly #added = new WeakSet<HttpServer>();
	/** Those that listen, or have been handed a socket, and have not been closed since. */
	readonly #open = new Set<HttpServer>();
	readonly #closing = new Map<unknown, Shutdown<T>>();

	constructor(host: ServersHost<T>) {
		this.#host = host;
	}

	/** Have `server.close()` end streams. */
	add(server: HttpServer): void {
		if (this.#added.has(server)) return;
		this.#added.add(server);
		if (server.listening) this.#open.add(server);
		// It may be closed and listen again.
		server.on("listening", () => {
			this.#open.add(server);
			this.#closing.delete(server);
		});
		// In the worker of a sticky cluster it never listens.
		server.once("connection", () => {
			if (!this.#closing.has(server)) this.#open.add(server);
		});
		onServerClose(server, () => this.#onClose(server));
	}

	/** @throws `ERR_SSE_SERVICE_CLOSED` when the server that was asked for this response is closing */
	check(response: ResponseLike): void {
		this.#closingOf(response)?.check("The server");
	}

	/** Whether the server that was asked for this response is closing. */
	isClosing(response: ResponseLike): boolean {
		return this.#closingOf(response) !== undefined;
	}

	#closingOf(response: ResponseLike): Shutdown<T> | undefined {
		return this.#closing.size === 0 ? undefined : this.#closing.get(serverOf(response));
	}

	#onClose(server: HttpServer): Promise<void> {
		this.#open.delete(server);
		if (this.#open.size === 0) return this.#host.shutDown();
		const { service } = this.#host;
		const own = [...this.#host.connections()].filter(
			({ response }) => serverOf(response) === server,
		);
		let left = own.length;
		const shutdown = new Shutdown<T>({
			service,
			connections: () => own,
			isOver: () => left === 0,
		});
		for (const { response } of own) {
			response.once("close", () => {
				left--;
				if (left === 0) shutdown.onOver();
			});
		}
		this.#closing.set(server, shutdown);
		return shutdown.begin();
	}
}
