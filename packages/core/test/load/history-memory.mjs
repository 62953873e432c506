/**
 * Fills the event log of a service and says what it takes in memory, and what it says that it takes. Run with `--expose-gc`.
 *
 * @example node --expose-gc history-memory.mjs client 100000 200
 */
import { once } from "node:events";
import { createServer, get } from "node:http";
import { createSSEService } from "../../dist/index.js";

const [kind = "all", count = "0", size = "0"] = process.argv.slice(2);
const sse = createSSEService({
	history: {
		maxEvents: Infinity,
		maxBytes: Infinity,
		maxAgeMs: Infinity,
		groups: { state: { latest: true } },
	},
	maxBufferedBytes: Infinity,
});

/** What the next event is for, and its key. @type {Record<string, (index: number) => [target: import("sse-service").Target, key?: string]>} */
const KINDS = {
	all: () => ["all"],
	group: (index) => [{ group: `group ${index % 100}` }],
	client: (index) => [{ client: `client ${index}` }],
	"client in a group": (index) => [{ client: `client ${index}`, group: "group" }],
	"client with a long name in a group with a long name": (index) => [
		{ client: `client ${index}`.padEnd(256, "-"), group: `group ${index % 100}`.padEnd(256, "-") },
	],
	"key, not to a client": (index) => [
		{ group: "group", except: { client: "client" } },
		`key ${index}`,
	],
	"state, given to a newcomer": (index) => [{ group: "state" }, `key ${index}`],
	key: (index) => [{ group: "group" }, `key ${index % (Number(count) / 2)}`],
};

/** Have a client come to the group, be given all that it keeps, and go. */
async function welcome() {
	const server = createServer((req, res) => {
		sse.connect({ req, res, clientId: "newcomer", groups: ["state"] });
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	const request = get({ port, host: "127.0.0.1", agent: false });
	const [response] = await once(request, "response");
	let missing = Number(count) * Number(size);
	for await (const bytes of response) {
		missing -= bytes.length;
		if (missing <= 0) break;
	}
	server.close();
	await once(server, "close");
}

function used() {
	globalThis.gc?.();
	globalThis.gc?.();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

const text = "x".repeat(Number(size));
sse.send("all", "what is made once is made now");
const before = used();
for (let index = 0; index < Number(count); index++) {
	// Small Buffers of others share their memory with whatever is made by `Buffer.from`.
	for (let other = 0; other < 3; other++) Buffer.from("y".repeat(3_000));
	const [target, key] = KINDS[kind]?.(index) ?? ["all"];
	sse.send(target, text + index, { key });
}
if (kind === "state, given to a newcomer") await welcome();
const taken = used() - before;
process.stdout.write(JSON.stringify({ taken, said: sse.stats().history?.bytes }));
