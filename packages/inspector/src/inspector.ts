/**
 * The inspector: serves the page, its data, and a stream of what changes, on Node's request and response.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { hostname } from "node:os";
import { createSSEService, type HttpServer, type SSEService, type Target } from "sse-service";
import { readBody } from "./body.js";
import { Guard, HEADERS, refuse } from "./guard.js";
import {
	type InspectedService,
	type InspectorOptions,
	type ResolvedOptions,
	readOptions,
	readService,
} from "./options.js";
import { readQuery } from "./roll.js";
import type { Entry } from "./timeline.js";
import { Watch } from "./watch.js";

/** Handles requests below its path: for `node:http`, and as middleware of Express, Nest and Fastify. */
export interface Inspector {
	/**
	 * Answers a request of the inspector.
	 *
	 * @param next called for any other request
	 * @returns whether the request is the inspector's
	 */
	(req: IncomingMessage, res: ServerResponse, next?: () => void): boolean;
	/** Ends the streams of its pages, and stops watching. When the service closes, this happens by itself. */
	close(): Promise<void>;
}

const PAGE: Readonly<Record<string, string>> = {
	"": "index.html",
	"style.css": "style.css",
	"app.js": "app.js",
	"chart.js": "chart.js",
	"dom.js": "dom.js",
	"drawer.js": "drawer.js",
	"table.js": "table.js",
	"icon.svg": "icon.svg",
};
const TYPES: Readonly<Record<string, string>> = {
	html: "text/html; charset=utf-8",
	css: "text/css; charset=utf-8",
	js: "text/javascript; charset=utf-8",
	svg: "image/svg+xml",
};

const MAX_VISITORS = 50;
const MAX_GROUPS = 100;
const MAX_ENTRIES = 200;
const ENTRIES_A_SECOND = 60;

/**
 * Creates an inspector of a service. Create it before clients connect: it does not list earlier connections.
 *
 * @throws `ERR_SSE_INVALID_OPTION`, also if neither `authorize` nor `loopbackOnly` is given
 */
export function inspector(service: InspectedService, options?: InspectorOptions): Inspector {
	const inspection = new Inspection(readService(service), readOptions(options));
	const handle = (req: IncomingMessage, res: ServerResponse, next?: () => void): boolean => {
		const isOurs = inspection.handle(req, res);
		if (!isOurs) next?.();
		return isOurs;
	};
	return Object.assign(handle, { close: () => inspection.close() });
}

class Inspection {
	readonly #service: InspectedService;
	readonly #options: ResolvedOptions;
	readonly #guard: Guard;
	readonly #watch: Watch;
	/** The streams of the pages. */
	readonly #visitors = createSSEService({ retryMs: 1_000, maxConnections: MAX_VISITORS });
	readonly #timer: ReturnType<typeof setInterval>;
	readonly #startedAt = Date.now();
	readonly #files = new Map<string, Buffer>();
	/** Those that pages were opened on. */
	readonly #servers = new WeakSet<HttpServer>();
	#isEnding = false;
	#told = 0;

	constructor(service: InspectedService, options: ResolvedOptions) {
		this.#service = service;
		this.#options = options;
		this.#guard = new Guard(options);
		this.#watch = new Watch(service, options.showData, () => {
			this.#isEnding = true;
			this.#endWithService();
		});
		this.#timer = setInterval(() => this.#tick(), 1_000);
		this.#timer.unref();
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
		this.#watch.stop();
		await this.#visitors.close();
	}

	async #answer(
		req: IncomingMessage,
		res: ServerResponse,
		name: string | undefined,
		params: URLSearchParams,
	): Promise<void> {
		if (!(await this.#guard.admits(req, res))) return;
		if (req.method === "POST") return this.#change(req, res, name);
		if (req.method !== "GET" && req.method !== "HEAD") return refuse(res, 405);
		if (name === undefined) {
			res.writeHead(308, { ...HEADERS, Location: `${this.#options.path}/` }).end();
			return;
		}
		const file = Object.hasOwn(PAGE, name) ? PAGE[name] : undefined;
		if (file !== undefined) return this.#file(res, file);
		if (!this.#guard.isFromHere(req)) return refuse(res, 403);
		if (name === "stream") return this.#open(req, res);
		const { roll, timeline } = this.#watch;
		switch (name) {
			case "connections":
				return json(res, roll.list(readQuery(params)));
			case "timeline":
				return json(res, timeline.newest(MAX_ENTRIES, concerns(params)));
			case "groups":
				return json(res, this.#groups());
		}
		refuse(res, 404);
	}

	#file(res: ServerResponse, file: string): void {
		const body = this.#files.get(file) ?? readFileSync(new URL(`../page/${file}`, import.meta.url));
		this.#files.set(file, body);
		const type = TYPES[file.split(".").at(-1) ?? ""] ?? "application/octet-stream";
		res.writeHead(200, { ...HEADERS, "Content-Type": type, "Content-Length": body.length });
		res.end(body);
	}

	#open(req: IncomingMessage, res: ServerResponse): void {
		for (const [header, value] of Object.entries(HEADERS)) res.setHeader(header, value);
		// An app can close its server and leave the service open.
		const { server } = req.socket as { readonly server?: HttpServer };
		if (server !== undefined && !this.#servers.has(server)) {
			this.#servers.add(server);
			this.#visitors.closeWith(server);
		}
		const { name = `${hostname()} · ${process.pid}`, allow, showData } = this.#options;
		try {
			const { connection } = this.#visitors.connect({ req, res });
			connection.send(
				{
					name,
					allow,
					showData,
					startedAt: this.#startedAt,
					token: this.#guard.token,
					history: this.#watch.rates.history,
					entries: this.#watch.timeline.newest(ENTRIES_A_SECOND),
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
		const { send, disconnect } = this.#options.allow;
		if (!this.#guard.mayChange(req)) return refuse(res, 403);
		const isAllowed = name === "send" ? send : name === "disconnect" ? disconnect : undefined;
		if (isAllowed === undefined) return refuse(res, 404);
		if (!isAllowed) return refuse(res, 403);
		const body = await readBody(req);
		if (body === undefined) return refuse(res, 400);
		try {
			json(res, { reached: name === "send" ? this.#send(body) : this.#disconnect(body) });
		} catch (error) {
			res.writeHead(400, { ...HEADERS, "Content-Type": "application/json" });
			res.end(JSON.stringify({ error: (error as Error).message }));
		}
	}

	#send({ target, event, data }: Readonly<Record<string, unknown>>): number {
		const service = this.#service as SSEService;
		const type = event === "" ? undefined : (event as string | undefined);
		return service.send(target as Target, String(data ?? ""), { event: type } as object);
	}

	#disconnect({ key, client }: Readonly<Record<string, unknown>>): number {
		if (client !== undefined)
			return this.#service.disconnect({ client: client as string }, "inspector");
		const connection = this.#watch.roll.find(Number(key));
		connection?.close("inspector");
		return Number(connection !== undefined);
	}

	#groups(): object[] {
		const groups = this.#service.getGroups();
		return groups.sort((one, other) => other.connections - one.connections).slice(0, MAX_GROUPS);
	}

	/** Each second: the figures, and what has happened since the last one. */
	#tick(): void {
		const { rates, roll, timeline, log } = this.#watch;
		const stats = this.#service.stats();
		const sample = rates.sample(stats);
		this.#endWithService();
		const since = this.#told;
		this.#told = timeline.last;
		if (this.#visitors.stats().connections === 0) return;
		const entries = timeline.newest(ENTRIES_A_SECOND, undefined, since);
		const health = this.#service.health();
		const buffered = roll.bufferedBytes();
		this.#visitors.send(
			"all",
			{ sample, stats, health, log, buffered, entries },
			{ event: "tick" },
		);
	}

	/** A page that stays open must not keep a server from closing. */
	#endWithService(): void {
		if (this.#isEnding && this.#service.stats().connections === 0) void this.close();
	}
}

function json(res: ServerResponse, value: unknown): void {
	const body = JSON.stringify(value);
	res.writeHead(200, { ...HEADERS, "Content-Type": "application/json; charset=utf-8" }).end(body);
}

function concerns(params: URLSearchParams): (entry: Entry) => boolean {
	const client = params.get("client");
	const group = params.get("group");
	return (entry) =>
		(client === null || entry.client === client) &&
		(group === null || entry.groups?.includes(group) === true);
}
