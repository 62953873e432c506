/**
 * The example: a page, one event stream for each of its tabs, and what a tab can do: join rooms, leave
 * them, say something in a room, tell something to a client, and lose its stream.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { inspector } from "@sse-service/inspector";
import {
	answer,
	answerError,
	checkMethod,
	checkString,
	Refusal,
	readJson,
	sendPageFile,
} from "example-shared/web";
import { createSSEService } from "sse-service";
import { createSampler, machine } from "./machine.js";
import { createTabs } from "./tabs.js";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { AddressInfo } from "node:net"
 * @import { GroupSize, RecoveredEvent, RecoverInfo, SSEConnection, SSEService, Target } from "sse-service"
 * @import { Sample } from "./machine.js"
 */

/**
 * What goes over the streams: event types, and the data each carries.
 * @typedef {object} Events
 * @property {Hello} hello The first event of each stream, but for what was missed.
 * @property {{ number: number }} number The next one, a few times a second.
 * @property {{}} cut The stream ends now.
 * @property {{ number: number }} recovered Numbers were missed that are no longer kept: this was the last.
 * @property {Sample & { eventsSent: number }} sample
 * @property {{ clients: { name: string, tabs: number }[], rooms: GroupSize[] }} presence
 * @property {Message} message
 *
 * @typedef {object} Hello
 * @property {string} tab The token by which this tab's requests name its stream.
 * @property {number} startedAt When the server started: another time is another server.
 * @property {typeof machine} machine
 * @property {readonly Sample[]} samples The last ones, oldest first.
 *
 * @typedef {object} Message To everyone in a room, or to all tabs of a client.
 * @property {string} id
 * @property {number} at
 * @property {string} from
 * @property {string} text
 * @property {string} [room]
 * @property {string} [client]
 */

/** @typedef {(connection: SSEConnection<Events>, body: Record<string, unknown>) => object} Action */

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
const MAX_TEXT_LENGTH = 500;
/** Presence goes out at most this often, however many come and go. */
export const PRESENCE_INTERVAL_MS = 100;
/** The numbers' group: every tab is in it, and it is no room. */
const NUMBERS = "the numbers";
const NUMBER_INTERVAL_MS = 200;
/** Those of 20 seconds: a client that is disconnected for longer gets a gap. */
const NUMBERS_KEPT = 100;
const CUT_MS = 3_000;
/** What the application itself keeps, whatever the history does. */
const MAX_MESSAGES = 200;

/** A server that does not listen yet. It owns its streams and ends them in `close`. */
export function createExample() {
	const startedAt = Date.now();
	const tabs = createTabs();
	/** Oldest first. @type {Message[]} */
	const messages = [];
	let lastNumber = 0;

	/** @type {SSEService<Events>} */
	const sse = createSSEService({
		retryMs: 1_000,
		closeTimeoutMs: 1_000,
		maxConnections: 1_000,
		maxConnectionsPerClient: 50,
		// The numbers, and 20 rooms.
		maxGroupsPerConnection: 21,
		maxClientIdLength: 40,
		maxGroupNameLength: 40,
		history: { groups: { [NUMBERS]: { maxEvents: NUMBERS_KEPT } } },
		recover,
		onConnect: onPresence,
		onDisconnect: onPresence,
	});

	// Only for this machine, whatever address the server listens on.
	const inspect = inspector(sse, {
		loopbackOnly: true,
		name: "Something to see",
		allow: { send: true, disconnect: true },
	});

	// Volatile: a tab that is behind gets the next sample, not all it has missed.
	const sampler = createSampler((sample) => {
		const { eventsSent } = sse.stats();
		sse.send("all", { ...sample, eventsSent }, { event: "sample", volatile: true });
	});

	function count() {
		lastNumber += 1;
		sse.send({ group: NUMBERS }, { number: lastNumber }, { event: "number" });
	}

	// While nobody is here, too: it is what somebody misses.
	const counting = setInterval(count, NUMBER_INTERVAL_MS).unref();

	/**
	 * What a tab receives instead of events that are no longer kept: the current state. It recognizes messages
	 * that it already has by their id.
	 * @param {RecoverInfo} info
	 * @returns {Generator<RecoveredEvent<Events>>}
	 */
	function* recover({ client, groups }) {
		for (const message of messages) {
			const isForTab = message.client === client.clientId || groups.includes(message.room ?? "");
			if (isForTab) yield { data: message };
		}
		yield { event: "recovered", data: { number: lastNumber } };
	}

	/** @type {NodeJS.Timeout | undefined} */
	let announcement;

	/** Somebody came, left, or changed rooms. */
	function onPresence() {
		if (sse.stats().connections > 0) sampler.start();
		else sampler.stop();
		if (announcement === undefined)
			announcement = setTimeout(announce, PRESENCE_INTERVAL_MS).unref();
	}

	function announce() {
		announcement = undefined;
		const clients = sse
			.getClients()
			.map(({ clientId, connections }) => ({ name: clientId, tabs: connections.length }));
		const rooms = sse.getGroups().filter(({ name }) => name !== NUMBERS);
		// Of all that a tab has missed, the newest alone is useful.
		sse.send("all", { clients, rooms }, { event: "presence", key: "presence" });
	}

	/** @param {IncomingMessage} req @param {ServerResponse} res @param {URLSearchParams} query */
	function openStream(req, res, query) {
		const tab = query.get("tab") ?? randomUUID();
		const { connection } = sse.connect({
			req,
			res,
			clientId: query.get("as") ?? undefined,
			// What was said meanwhile in its rooms is only for a tab that is in them when it connects.
			groups: tabs.groupsOf(tab) ?? [NUMBERS],
		});
		tabs.add(tab, connection);
		connection.send({ tab, startedAt, machine, samples: sampler.recent }, { event: "hello" });
	}

	/** @param {Target} target @param {Omit<Message, "id" | "at">} content */
	function deliver(target, content) {
		const message = { id: randomUUID(), at: Date.now(), ...content };
		messages.push(message);
		if (messages.length > MAX_MESSAGES) messages.shift();
		return { ...message, delivered: sse.send(target, message) };
	}

	/** @type {Action} */
	function join(connection, { rooms }) {
		// What is not a name, or one too many, is refused by the service.
		const joined = sse.join({ connection }, /** @type {string[]} */ (rooms));
		onPresence();
		return { joined };
	}

	/** @type {Action} */
	function leave(connection, { rooms }) {
		const left = sse.leave({ connection }, /** @type {string[]} */ (rooms));
		onPresence();
		return { left };
	}

	/** @type {Action} */
	function say({ clientId, groups }, body) {
		const room = checkString(body.room, "room", MAX_TEXT_LENGTH);
		const text = checkString(body.text, "text", MAX_TEXT_LENGTH);
		if (!groups.includes(room)) throw new Refusal(403, "Join the room before you speak in it");
		return deliver({ group: room }, { room, from: clientId, text });
	}

	/** @type {Action} */
	function tell({ clientId }, body) {
		const client = checkString(body.client, "client", MAX_TEXT_LENGTH);
		const text = checkString(body.text, "text", MAX_TEXT_LENGTH);
		return deliver({ client }, { client, from: clientId, text });
	}

	/** @type {Action} */
	function cut(connection) {
		// How long the browser stays disconnected. When it reconnects, it receives `retryMs` again.
		connection.send({}, { event: "cut", retry: CUT_MS });
		return { ended: sse.disconnect({ connection }, "cut") };
	}

	/** More happens while the tab is disconnected than is kept. @type {Action} */
	function outrun(connection) {
		const ended = sse.disconnect({ connection }, "cut");
		for (let missed = 0; missed <= NUMBERS_KEPT; missed++) count();
		return { ended };
	}

	const actions = new Map(
		Object.entries({
			"/join": join,
			"/leave": leave,
			"/say": say,
			"/tell": tell,
			"/cut": cut,
			"/outrun": outrun,
		}),
	);

	/** @param {IncomingMessage} req @param {ServerResponse} res */
	async function handle(req, res) {
		const [path = "/", query] = (req.url ?? "/").split("?");
		const action = actions.get(path);
		if (action !== undefined) {
			checkMethod(req, "POST");
			const body = await readJson(req);
			const connection = tabs.find(body.tab);
			if (connection === undefined) throw new Refusal(409, "The stream of this tab is not open");
			answer(res, 200, action(connection, body));
		} else if (path === "/events") {
			checkMethod(req, "GET", "HEAD");
			openStream(req, res, new URLSearchParams(query));
		} else {
			await sendPageFile(req, res, path, PAGE);
		}
	}

	const server = createServer((req, res) => {
		if (inspect(req, res)) return;
		handle(req, res).catch((error) => answerError(res, error));
	});

	return {
		/** @param {number | string} port 0: a free one @param {string} host @returns the URL */
		async listen(port, host) {
			server.listen({ port, host });
			await once(server, "listening");
			const name = host.includes(":") ? `[${host}]` : host;
			return `http://${name}:${/** @type {AddressInfo} */ (server.address()).port}`;
		},
		async close() {
			clearInterval(counting);
			const closed = new Promise((resolve) => server.close(resolve));
			await sse.close();
			// What is left are sockets that browsers keep for later.
			server.closeAllConnections();
			await closed;
		},
	};
}
