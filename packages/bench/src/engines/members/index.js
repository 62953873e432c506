// Who is measured over an engine: each is a program that runs in two processes.

/**
 * @typedef {object} Member one process, before its server listens
 * @property {import("node:http").Server} server
 * @property {() => boolean} isReady
 * @property {(data: object) => Promise<unknown>} publish to everyone in all processes; resolves when the engine has it
 *
 * @typedef {object} Entry
 * @property {string} name as the report names it
 * @property {string} [packageName] of ours
 * @property {import("../engine-server.js").EngineName} engine
 * @property {string} url its module
 * @property {"sse" | "socket.io" | undefined} receives how a client of it listens; `undefined`: it has none
 * @property {boolean} answers whether `publish` waits for the engine
 */

export const OURS_ON_REDIS = "sse-service on Redis";

/** Whether its loss of an event is ours to mend. @param {Entry} entry */
export const isOurs = ({ name }) => name.startsWith("sse-service ");

/** @type {readonly Entry[]} */
export const MEMBERS = [
	{
		name: OURS_ON_REDIS,
		packageName: "@sse-service/redis",
		engine: "redis",
		url: new URL("./sse-service-redis.js", import.meta.url).href,
		receives: "sse",
		answers: true,
	},
	{
		name: "sse-service on NATS",
		packageName: "@sse-service/nats",
		engine: "nats",
		url: new URL("./sse-service-nats.js", import.meta.url).href,
		receives: "sse",
		answers: true,
	},
	{
		name: "socket.io on Redis Streams",
		engine: "redis",
		url: new URL("./socket-io.js", import.meta.url).href,
		receives: "socket.io",
		answers: false,
	},
	{
		name: "Redis pub/sub by hand",
		engine: "redis",
		url: new URL("./pub-sub.js", import.meta.url).href,
		receives: "sse",
		answers: true,
	},
	{
		name: "XADD by hand",
		engine: "redis",
		url: new URL("./stream-by-hand.js", import.meta.url).href,
		receives: undefined,
		answers: true,
	},
];
