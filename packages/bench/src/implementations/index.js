// The field: what is measured, in the order of the report. Each implementation is one file that says
// how it takes a request, how it sends one event to everyone, and what bytes a client then gets.

/**
 * @typedef {import("../event.js").BenchEvent} BenchEvent
 *
 * @typedef {object} Entry one implementation, before its module is loaded
 * @property {string} name as the report names it
 * @property {string} url its module
 * @property {string} [packageName] the package whose installed version the report states
 *
 * @typedef {object} Wire what its clients get, as the body without HTTP framing
 * @property {string} opening what comes before the first event: not empty, a client is connected when it has it
 * @property {(event: BenchEvent) => string} block
 *
 * @typedef {object} Running
 * @property {(req: import("node:http").IncomingMessage, res: import("node:http").ServerResponse) => unknown} connect
 * answers, or resolves, when broadcasts will reach this response
 * @property {(event: BenchEvent) => void} broadcast sends to everyone connected
 *
 * @typedef {object} Implementation the exports of an implementation's module, which loads its package in `create`
 * @property {Wire} wire
 * @property {() => Running | Promise<Running>} create
 */

/** What every ratio is against. */
export const BASELINE = "res.write loop";

/** @type {readonly Entry[]} */
export const IMPLEMENTATIONS = [
	{
		name: "sse-service",
		url: new URL("./sse-service.js", import.meta.url).href,
		packageName: "sse-service",
	},
	{ name: "socket.write loop", url: new URL("./bare-socket.js", import.meta.url).href },
	{ name: BASELINE, url: new URL("./bare-response.js", import.meta.url).href },
	{
		name: "better-sse",
		url: new URL("./better-sse.js", import.meta.url).href,
		packageName: "better-sse",
	},
];
