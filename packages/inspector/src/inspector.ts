/**
 * The inspector: serves the page, its data, and a stream of what changes, on Node's request and response.
 */
import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { createSSEService, type HttpServer, type SSEService, type Target } from "sse-service";
import { readBody } from "./body.js";
import { Guard, HEADERS, refuse } from "./guard.js";
import {
	type InspectedService,
	type InspectorOptions,
	type ResolvedOptions,
	readService,
	resolveOptions,
} from "./options.js";
import { isPageFile, readPage, sendPageFile } from "./page.js";
import type { Subject } from "./peer-texts.js";
import { readQuery } from "./roll.js";
import { type Asker, Shown } from "./shown.js";

/** Handles requests below its path: for `node:http` and `node:http2`, and as middleware of Express, Nest and Fastify. */
export interface Inspector {
	/**
	 * Answers a request of the inspector.
	 *
	 * @param next called for any other request
	 * @returns whether the request is the inspector's
	 */
	(
		req: IncomingMessage | Http2ServerRequest,
		res: ServerResponse | Http2ServerResponse,
		next?: () => void,
	): boolean;
	/** Ends the streams of its pages, and stops watching. When the service closes, this happens by itself. */
	close(): Promise<void>;
}

const ACTIONS = ["send", "disconnect", "cancel"] as const;
type Action = (typeof ACTIONS)[number];

const MAX_VISITORS = 50;
/** A page's stream ends after this time, and its next request is authorized again. */
const STREAM_AGE_MS = 60_000;

/**
 * Creates an inspector of a service. Create it before clients connect: it does not list earlier connections.
 *
 * @throws `ERR_SSE_INVALID_OPTION`, also if neither `authorize` nor `loopbackOnly` is given; an `Error` if the files of its page
 * are not beside its code, as in a bundle
 */
export function inspector(service: InspectedService, options?: InspectorOptions): Inspector {
	const inspection = new Inspection(readService(service), resolveOptions(options));
	readPage();
	const handle: (...of: Parameters<Inspector>) => boolean = (req, res, next) => {
		// Node's compatibility API of HTTP/2 has the members that are used here.
		const isOurs = inspection.handle(req as IncomingMessage, res as ServerResponse);
		if (!isOurs) next?.();
		return isOurs;
	};
	return Object.assign(handle, { close: () => inspection.close() });
}

class Inspection {
	readonly #service: InspectedService;
	readonly #options: ResolvedOptions;
	readonly #guard: Guard;
	readonly #shown: Shown;
	/** The streams of the pages. */
	readonly #visitors = createSSEService({
		retryMs: 1_000,
		maxConnections: MAX_VISITORS,
		maxConnectionAgeMs: STREAM_AGE_MS,
	});
	readonly #timer: ReturnType<typeof setInterval>;
	readonly #startedAt = Date.now();
	#isEnding = false;

	constructor(service: InspectedService, options: ResolvedOptions) {
		this.#service = service;
		this.#options = options;
		this.#guard = new Guard(options);
		this.#shown = new Shown(service, options, this.#guard, () => {
			this.#isEnding = true;
			this.#endWithService();
		});
		this.#timer = setInterval(() => this.#tick(), 1_000);
		this.#timer.unref();
		// One that never closes: the last server that does ends all pages for good, but it may listen again, and others may follow.
		const open = Object.assign(new EventEmitter(), { listening: true, close() {} });
		this.#visitors.closeWith(open as unknown as HttpServer);
	}

	handle(req: IncomingMessage, res: ServerResponse): boolean {
		// Express and its like cut off the path that a handler is mounted on.
		const { originalUrl = req.url ?? "" } = req as { readonly originalUrl?: string };
		const [path = "", query] = originalUrl.split("?");
		const { path: own } = this.#options;
		if (path !== own && !path.startsWith(`${own}/`)) return false;
		const name = path === own ? undefined : path.slice(own.length + 1);
		this.#answer(req, res, name, new URLSearchParams(query)).catch(() => {
			if (res.headersSent) res.destroy();
			else refuse(res, 500);
		});
		return true;
	}

	async close(): Promise<void> {
		clearInterval(this.#timer);
		await Promise.all([this.#shown.close(), this.#visitors.close()]);
	}

	async #answer(
		req: IncomingMessage,
		res: ServerResponse,
		name: string | undefined,
		params: URLSearchParams,
	): Promise<void> {
		if (!(await this.#guard.admits(req, res))) return;
		if (req.method === "POST") return this.#change(req, res, name);
		if (req.method !== "GET" && req.method !== "HEAD") {
			return refuse(res, 405, { Allow: "GET, HEAD, POST" });
		}
		if (name === undefined) {
			res.writeHead(308, { ...HEADERS, Location: `${this.#options.path}/` }).end();
			return;
		}
		if (isPageFile(name)) return sendPageFile(req, res, name);
		if (!this.#guard.isFromHere(req)) return refuse(res, 403);
		if (name === "stream") return this.#open(req, res);
		const shown = this.#shown;
		const asker = readAsker(params);
		switch (name) {
			case "connections":
				return this.#json(res, await shown.connections(asker, readQuery(params)));
			case "timeline":
				return this.#json(res, await shown.timeline(asker, readSubject(params)));
			case "groups":
				return this.#json(res, shown.groups());
			case "runs":
				return this.#json(res, await shown.runRows(asker));
		}
		refuse(res, 404);
	}

	/** @param value `undefined` if another process should have answered, and has not */
	#json(res: ServerResponse, value: unknown): void {
		// Behind a balancer, the page needs to know which process answered.
		const headers = { ...HEADERS, "X-SSE-Inspector": this.#guard.id };
		if (value === undefined) {
			refuse(res, 504, headers);
			return;
		}
		const type = "application/json; charset=utf-8";
		res.writeHead(200, { ...headers, "Content-Type": type }).end(JSON.stringify(value));
	}

	#open(req: IncomingMessage, res: ServerResponse): void {
		for (const [header, value] of Object.entries(HEADERS)) res.setHeader(header, value);
		// An app can close its server and leave the service open.
		const { server } = req.socket as { readonly server?: HttpServer };
		if (server !== undefined) this.#visitors.closeWith(server);
		const { allow, showData } = this.#options;
		try {
			const { connection } = this.#visitors.connect({ req, res });
			connection.send(
				{
					...this.#shown.hello(),
					allow,
					showData,
					startedAt: this.#startedAt,
					token: this.#guard.token,
				},
				{ event: "hello" },
			);
		} catch {
			refuse(res, 503);
		}
	}

	/** What only a script of the page may ask for. */
	async #change(
		req: IncomingMessage,
		res: ServerResponse,
		name: string | undefined,
	): Promise<void> {
		const hashOf = (id: string): Promise<string | undefined> => this.#shown.tokenHashOf(id);
		if (!(await this.#guard.mayChange(req, hashOf))) return refuse(res, 403);
		const { allow } = this.#options;
		const action = ACTIONS.find((each) => each === name);
		if (action === undefined) return refuse(res, 404);
		if (!allow[action]) return refuse(res, 403);
		const body = await readBody(req);
		if (body === undefined) return refuse(res, 400);
		try {
			this.#json(res, { reached: await this.#act(action, body) });
		} catch (error) {
			res.writeHead(400, { ...HEADERS, "Content-Type": "application/json" });
			res.end(JSON.stringify({ error: (error as Error).message }));
		}
	}

	#act(action: Action, body: Readonly<Record<string, unknown>>): number | Promise<number> {
		switch (action) {
			case "send":
				return this.#send(body);
			case "disconnect":
				return this.#disconnect(body);
			case "cancel":
				return this.#cancel(body);
		}
	}

	async #cancel({ id }: Readonly<Record<string, unknown>>): Promise<number> {
		return Number((await this.#shown.runs?.cancel(id as string)) === true);
	}

	#send({ target, event, data }: Readonly<Record<string, unknown>>): number {
		const service = this.#service as SSEService;
		const type = event === "" ? undefined : (event as string | undefined);
		return service.send(target as Target, String(data ?? ""), { event: type } as object);
	}

	#disconnect({ key, client }: Readonly<Record<string, unknown>>): number | Promise<number> {
		if (client === undefined) return this.#shown.end(String(key));
		return this.#service.disconnect({ client: client as string }, "inspector");
	}

	/** Each second: the figures, and what has happened since the last one. */
	#tick(): void {
		const tick = this.#shown.tick(this.#visitors.stats().connections > 0);
		this.#endWithService();
		if (tick !== undefined) this.#visitors.send("all", tick, { event: "tick" });
	}

	/** A page that stays open must not keep a server from closing. */
	#endWithService(): void {
		if (this.#isEnding && this.#service.stats().connections === 0) void this.close();
	}
}

function readAsker(params: URLSearchParams): Asker {
	return { process: params.get("process") ?? undefined, page: params.get("page") ?? undefined };
}

function readSubject(params: URLSearchParams): Subject {
	return { client: params.get("client") ?? undefined, group: params.get("group") ?? undefined };
}
