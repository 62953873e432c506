// The field: what is measured, in the order of the report. Each implementation is one file that says
// how it takes a request, how it sends, and what bytes a client then gets.

import { programOf } from "../engines/engine-server.js";
import { missing } from "./nchan.js";

/**
 * @typedef {import("../event.js").BenchEvent} BenchEvent
 * @typedef {import("../plan.js").Addressee} Addressee
 * @typedef {import("../plan.js").Target} Target
 *
 * @typedef {object} Entry one implementation, before its module is loaded
 * @property {string} name as the report names it
 * @property {string} url its module
 * @property {string} [packageName] the package whose installed version the report states
 * @property {boolean} [outside] whether another process serves: nothing is known of its event loop
 * @property {() => string | undefined} [missing] why it cannot be measured here, if it cannot
 * @property {readonly Target[]} targets what it can send to; others would be more our code than its. None: it is
 * measured only where a workload names it
 *
 * @typedef {object} Wire what its clients get, as the body without HTTP framing
 * @property {string} opening what comes before the first event: not empty, a client is connected when it has it
 * @property {(event: BenchEvent) => string} block
 * @property {"chunked" | "none"} [framing] of the body; default "chunked"
 * @property {boolean} [ownIds] whether its ids are made by itself; they are then left out of the blocks
 * @property {string} [heartbeat] what comes when a connection is idle, if the implementation is configured to send it
 *
 * @typedef {object} Settings
 * @property {boolean} heartbeats with the options it has by itself; else without heartbeats, as every byte is compared
 * @property {() => void} onConnection to be called when sends reach one connection more
 *
 * @typedef {object} Running
 * @property {(req: import("node:http").IncomingMessage, res: import("node:http").ServerResponse, addressee: Addressee) => void} [connect]
 * takes a request of a plain `node:http` server
 * @property {import("node:http").Server} [server] instead, where a framework has its own
 * @property {number} [port] instead, where another process serves
 * @property {() => number} [usedMicros] CPU time of that process
 * @property {() => number} [residentBytes] memory of that process
 * @property {(event: BenchEvent) => void} [toAll] sends to everyone connected
 * @property {(group: string, event: BenchEvent) => void} [toGroup]
 * @property {(client: string, event: BenchEvent) => void} [toClient]
 *
 * @typedef {object} Implementation the exports of an implementation's module, which loads its package in `create`
 * @property {Wire} wire
 * @property {(settings: Settings) => Running | Promise<Running>} create
 */

export const OURS = "sse-service";
/** The same with its event log. */
export const OURS_WITH_HISTORY = "sse-service with history";
/** The same with its event log in Redis. */
export const OURS_OVER_REDIS = "sse-service over Redis";
/** The same, where each client reconnects and has missed ten events. */
export const OURS_RESUMING = "sse-service resuming";
/** The same with its event log, and `publish`. */
export const OURS_PUBLISHING = "sse-service publishing";
/** The same with metrics, spans and an open inspector. */
export const OURS_OBSERVED = "sse-service observed";
/** The floor in Node. */
export const BARE_SOCKET = "socket.write loop";
/** What one writes by hand. */
export const BARE_RESPONSE = "res.write loop";
export const BETTER_SSE = "better-sse";
/** A stream that is opened and left alone. */
export const BARE_HTTP = "node:http";
export const FASTIFY_ADAPTER = "@sse-service/fastify";
/** Runs the onSend hooks, as the adapter does. */
export const FASTIFY_SEND = "fastify by hand, reply.send(stream)";
/** Skips the onSend hooks. */
export const FASTIFY_BY_HAND = "fastify by hand, hijack";
export const EXPRESS_ADAPTER = "@sse-service/express";
export const EXPRESS_BY_HAND = "express by hand";
export const NEST_ADAPTER = "@sse-service/nest";
export const NEST_BY_HAND = "nest by hand";
/** Has an interceptor, as an app with the adapter does. */
export const NEST_INTERCEPTED = "nest by hand, an interceptor";

/** All of these on a `Response`, behind the same layer. */
export const FETCH_DIRECT = "sse-service on a Response, direct";
export const FETCH_BODY = "sse-service on a Response, body";
export const FETCH_BETTER_SSE = "better-sse createResponse";
export const FETCH_BY_HAND = "controller.enqueue loop";

/** @type {readonly Target[]} */
const EVERY_TARGET = ["all", "group", "client"];

/**
 * One that only the workloads made for it measure.
 * @param {string} name @param {URL} url @param {string} [packageName] @returns {Entry}
 */
function single(name, { href: url }, packageName) {
	return { name, url, ...(packageName === undefined ? {} : { packageName }), targets: [] };
}

/** @type {readonly Entry[]} */
export const IMPLEMENTATIONS = [
	{
		name: OURS,
		url: new URL("./sse-service.js", import.meta.url).href,
		packageName: "sse-service",
		targets: EVERY_TARGET,
	},
	{
		name: BARE_SOCKET,
		url: new URL("./bare-socket.js", import.meta.url).href,
		targets: EVERY_TARGET,
	},
	{
		name: BARE_RESPONSE,
		url: new URL("./bare-response.js", import.meta.url).href,
		targets: EVERY_TARGET,
	},
	{
		name: BETTER_SSE,
		url: new URL("./better-sse.js", import.meta.url).href,
		packageName: "better-sse",
		targets: EVERY_TARGET,
	},
	{
		name: "@fastify/sse",
		url: new URL("./fastify-sse.js", import.meta.url).href,
		packageName: "@fastify/sse",
		targets: ["all"],
	},
	{
		name: "sse-channel",
		url: new URL("./sse-channel.js", import.meta.url).href,
		packageName: "sse-channel",
		targets: EVERY_TARGET,
	},
	{
		name: "@boringnode/transmit",
		url: new URL("./transmit.js", import.meta.url).href,
		packageName: "@boringnode/transmit",
		targets: ["all"],
	},
	{
		name: "sse-service 1.0.9",
		url: new URL("./sse-service-1.js", import.meta.url).href,
		packageName: "sse-service-1",
		targets: EVERY_TARGET,
	},
	{
		name: "Nest @Sse",
		url: new URL("./nest-sse.js", import.meta.url).href,
		packageName: "@nestjs/core",
		targets: ["all"],
	},
	{
		name: "nginx nchan",
		url: new URL("./nchan.js", import.meta.url).href,
		outside: true,
		missing,
		targets: ["all"],
	},
	single(OURS_WITH_HISTORY, new URL("./sse-service-history.js", import.meta.url), "sse-service"),
	{
		name: OURS_OVER_REDIS,
		url: new URL("./sse-service-redis.js", import.meta.url).href,
		packageName: "@sse-service/redis",
		missing: () => (programOf("redis") === undefined ? "there is no redis-server" : undefined),
		targets: [],
	},
	single(OURS_RESUMING, new URL("./sse-service-resuming.js", import.meta.url), "sse-service"),
	single(OURS_PUBLISHING, new URL("./sse-service-publishing.js", import.meta.url), "sse-service"),
	single(
		OURS_OBSERVED,
		new URL("./sse-service-observed.js", import.meta.url),
		"@sse-service/inspector",
	),
	single(BARE_HTTP, new URL("./bare-http.js", import.meta.url)),
	single(FASTIFY_ADAPTER, new URL("./fastify-adapter.js", import.meta.url), "@sse-service/fastify"),
	single(FASTIFY_BY_HAND, new URL("./fastify-by-hand.js", import.meta.url), "fastify"),
	single(FASTIFY_SEND, new URL("./fastify-send.js", import.meta.url), "fastify"),
	single(EXPRESS_ADAPTER, new URL("./express-adapter.js", import.meta.url), "@sse-service/express"),
	single(EXPRESS_BY_HAND, new URL("./express-by-hand.js", import.meta.url), "express"),
	single(NEST_ADAPTER, new URL("./nest-adapter.js", import.meta.url), "@sse-service/nest"),
	single(NEST_BY_HAND, new URL("./nest-by-hand.js", import.meta.url), "@nestjs/core"),
	single(NEST_INTERCEPTED, new URL("./nest-intercepted.js", import.meta.url), "@nestjs/core"),
	single(FETCH_DIRECT, new URL("./fetch-direct.js", import.meta.url), "sse-service"),
	single(FETCH_BODY, new URL("./fetch-body.js", import.meta.url), "sse-service"),
	single(FETCH_BETTER_SSE, new URL("./fetch-better-sse.js", import.meta.url), "better-sse"),
	single(FETCH_BY_HAND, new URL("./fetch-by-hand.js", import.meta.url), "@hono/node-server"),
];
