/**
 * The streams of one process: all that has to do with the library. The log is in Redis, so what is sent in any process reaches
 * the tabs of all, and a tab that reconnects to another process receives what it missed there.
 */
import { createClient } from "@redis/client";
import { inspector } from "@sse-service/inspector";
import { prometheusMetrics } from "@sse-service/metrics/prometheus";
import { redisEventLog } from "@sse-service/redis";
import { Registry } from "prom-client";
import { createSSEService } from "sse-service";

/**
 * @import { ClientPresence, ConnectParams, SSEService } from "sse-service"
 * @import { Fleet } from "./cluster.js"
 */

/**
 * What goes over the streams: event types, and the data each carries.
 * @typedef {object} Events
 * @property {{ server: string }} hello The first event of each stream, but for what was missed: which process this is.
 * @property {{ number: number }} number The next one.
 * @property {Message} message
 * @property {readonly ClientPresence[]} presence Who is connected to any of the processes.
 * @property {Fleet} fleet How the processes are.
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {number} at
 * @property {string} from
 * @property {string} text
 * @property {string} server The process that it was sent through.
 */

const TABS = "tabs";
const RETRY_MS = 500;
const PRESENCE_MS = 1_000;

/** @param {string} name of this process @param {string} redisUrl */
export async function createStreams(name, redisUrl) {
	const client = createClient({ url: redisUrl });
	// The service says it as well, and better.
	client.on("error", () => {});
	await client.connect();

	/** The last ones: a tab that has just come need not wait for the next. @type {Partial<Events>} */
	const last = {};

	/** @type {SSEService<Events>} */
	const sse = createSSEService({
		eventLog: redisEventLog({ client, prefix: "example" }),
		retryMs: RETRY_MS,
		closeTimeoutMs: 1_000,
		maxClientIdLength: 40,
		onConnect({ connection }) {
			connection.send({ server: name }, { event: "hello" });
			if (last.fleet) connection.send(last.fleet, { event: "fleet" });
			if (last.presence) connection.send(last.presence, { event: "presence" });
		},
		// Each outage is reported once.
		onError: (error, { stage }) => console.error(`${name}: ${stage}: ${error}`),
	});

	const register = new Registry();
	register.setDefaultLabels({ process: name });
	prometheusMetrics({ service: sse, register, groups: [TABS] });

	/**
	 * To the tabs here, now or never: this does not go through Redis, and so it comes while that is unavailable.
	 * @template {"fleet" | "presence"} Type
	 * @param {Type} event @param {Events[Type]} data
	 */
	function show(event, data) {
		last[event] = data;
		sse.send("all", data, { event, volatile: true });
	}

	async function lookWhoIsHere() {
		// While Redis is unavailable, nobody knows.
		const clients = await sse.clientsIn(TABS).catch(() => undefined);
		if (clients !== undefined) show("presence", clients);
		looking = setTimeout(lookWhoIsHere, PRESENCE_MS);
	}
	let looking = setTimeout(lookWhoIsHere, PRESENCE_MS);

	return {
		/** The inspector of all processes. */
		inspect: inspector(sse, { loopbackOnly: true, name, allow: { send: true, disconnect: true } }),
		/** For Prometheus. */
		metrics: () => register.metrics(),

		health: () => sse.health(),
		stats: () => sse.stats(),

		/** @param {Pick<ConnectParams, "req" | "res" | "clientId">} params */
		open: (params) => sse.connect({ ...params, groups: [TABS] }),

		/** @param {Fleet} fleet */
		showFleet: (fleet) => show("fleet", fleet),

		/** Resolves when the log has stored it. A caller that gets no answer sends it again, through any process: it arrives once. @param {number} number */
		number: (number) =>
			sse.publish(
				{ group: TABS },
				{ number },
				{ event: "number", idempotencyKey: `number ${number}` },
			),

		/** The same. @param {Message} message */
		message: (message) =>
			sse.publish({ group: TABS }, message, {
				event: "message",
				idempotencyKey: `message ${message.id}`,
			}),

		/** Ends the streams, over `drainMs`, and then closes what they use. @param {number} drainMs */
		async close(drainMs) {
			clearTimeout(looking);
			await sse.close({ drainMs });
			client.destroy();
		},
	};
}
