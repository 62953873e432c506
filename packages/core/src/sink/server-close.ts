/**
 * Hooks into `server.close()`, and ends the sockets that it would otherwise wait for.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpServer } from "../types/http.js";
import { rawOf } from "./node-objects.js";

/** Events of an HTTP server that carry a request. */
const REQUESTS: ReadonlySet<unknown> = new Set([
	"request",
	"checkContinue",
	"checkExpectation",
	"upgrade",
	"connect",
]);

/** What ends with its servers: the streams of a service, or of an app. */
export interface ServerEnd {
	/** How long after the end of the streams a handshake, or the head of a request, may take. */
	readonly headTimeoutMs: number;
	/** Whether it has ended for good. */
	readonly isOver: boolean;
	/** Called when the server listens, or has been passed a socket. */
	onOpen(server: HttpServer): void;
	/** @returns a promise that resolves when every response has closed */
	onClose(server: HttpServer): Promise<unknown>;
}

// On the server under a versioned, global key: all services and apps share one hook, whichever copy of this package they
// are of. A hook in a hook would restore what the other one has set.
const KEY = Symbol.for("sse-service.server-close.v1");

/** Makes `server.close()` end the streams, and every socket that carries no request. */
export function onServerClose(
	server: HttpServer & { [KEY]?: (end: ServerEnd) => void },
	end: ServerEnd,
): void {
	server[KEY] ??= hookInto(server);
	server[KEY](end);
}

/** @returns adds what ends with the server */
function hookInto(server: HttpServer): (end: ServerEnd) => void {
	const ends = new Set<ServerEnd>();
	let headTimeoutMs = 0;
	/** Sockets without a request so far, and under TLS those without a complete handshake. */
	const ahead = new Set<Parsed>();
	const isTls = "setSecureContext" in server;
	const sessions = new Set<Closable>();
	let isClosed = false;
	/** While it is closed: what `keepAliveTimeout` was. */
	let keepAliveMs: HttpServer["keepAliveTimeout"];
	const onOpen = (): void => {
		for (const end of ends) end.onOpen(server);
	};
	const onSocket = (socket: Socket): void => {
		// In the worker of a sticky cluster the server never listens.
		if (!isClosed && !server.listening) onOpen();
		ahead.add(socket);
		socket.once("close", () => ahead.delete(socket));
	};
	server.on("connection", onSocket);
	// Over TLS, the bytes of requests are counted here.
	server.on("secureConnection", (socket: Parsed) => {
		ahead.delete(socket._parent as Parsed);
		onSocket(socket);
		// Its handshake has ended too late: no limit would end it.
		if (isClosed) socket.destroy();
	});
	// Only HTTP/2 has sessions.
	server.on("session", (session: Closable) => {
		sessions.add(session);
		session.once("close", () => sessions.delete(session));
	});
	// A closed server may listen again.
	server.on("listening", () => {
		if (isClosed) server.keepAliveTimeout = keepAliveMs;
		isClosed = false;
		onOpen();
	});

	// Wraps `emit` instead of adding listeners: with one for 'upgrade' or 'checkContinue', Node leaves the answer to it.
	const { emit } = server;
	server.emit = (event: string | symbol, ...args: unknown[]) => {
		if (REQUESTS.has(event)) ahead.delete((args[0] as { socket: Socket }).socket);
		// No other request follows on its socket.
		if (isClosed && event === "request") (args[1] as ServerResponse).shouldKeepAlive = false;
		return Reflect.apply(emit, server, [event, ...args]);
	};

	// Node emits 'close' only once every socket has ended, so the call itself is wrapped.
	const { close } = server;
	server.close = (callback) => {
		close.call(server, callback);
		// Browsers open sockets in advance. Node (20 to 24) does not count one without a request as idle, and after this call
		// it has no time limit either. A partial request counts as a request, but Node does not count bytes that another
		// process read before it handed the socket over.
		for (const socket of ahead) {
			if (socket.bytesRead === 0) socket.destroy();
		}
		// A socket whose request is answered later would stay for this time: 5 s in Node, 72 s in Fastify. 0 would be no limit.
		if (!isClosed) keepAliveMs = server.keepAliveTimeout;
		isClosed = true;
		server.keepAliveTimeout = 1;
		void Promise.all(Array.from(ends, (end) => end.onClose(server))).then(() => {
			// Clients keep their sockets and sessions open after a response.
			server.closeIdleConnections?.();
			for (const session of sessions) session.close();
			// Node limits the time of a head only while the server is open, and that of a handshake to two minutes. What carries
			// HTTP/2 has no parser.
			for (const socket of ahead) {
				if (!socket.parser && (!isTls || "encrypted" in socket)) continue;
				setTimeout(() => ahead.has(socket) && socket.destroy(), headTimeoutMs).unref();
			}
		});
		return server;
	};

	return (end) => {
		for (const each of ends) if (each.isOver) ends.delete(each);
		ends.add(end);
		headTimeoutMs = Math.max(headTimeoutMs, end.headTimeoutMs);
		if (server.listening) end.onOpen(server);
	};
}

/** Returns the server that received the request of a response (Node's, or a wrapper that carries it as `raw`), if any. */
export function serverOf(response: unknown): unknown {
	const { req } = (rawOf(response) ?? {}) as { readonly req?: { readonly socket?: Accepted } };
	return req?.socket?.server;
}

/** What Node reads requests of HTTP/1.1 from has a parser. */
type Parsed = Socket & {
	readonly parser?: unknown;
	/** Under TLS: the socket of the connection. */
	readonly _parent?: unknown;
};

/** A session of HTTP/2, which ends after its streams. */
interface Closable {
	close(): void;
	once(event: "close", listener: () => void): unknown;
}

/** Node stores a socket's server on the socket. */
interface Accepted {
	readonly server?: unknown;
}
