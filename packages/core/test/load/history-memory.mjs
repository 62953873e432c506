/**
 * Fills the event log of a service and says what it takes in memory, and what it says that it takes. Run with `--expose-gc`.
 *
 * @example node --expose-gc history-memory.mjs client 100000 200
 */
import { createSSEService } from "../../dist/index.js";

const [kind = "all", count = "0", size = "0"] = process.argv.slice(2);
const sse = createSSEService({
	history: { maxEvents: Infinity, maxBytes: Infinity, maxAgeMs: Infinity },
});

/** What the next event is for, and its key. @type {Record<string, (index: number) => [target: import("sse-service").Target, key?: string]>} */
const KINDS = {
	all: () => ["all"],
	group: (index) => [{ group: `group ${index % 100}` }],
	client: (index) => [{ client: `client ${index}` }],
	"client in a group": (index) => [{ client: `client ${index}`, group: "group" }],
	key: (index) => [{ group: "group" }, `key ${index % (Number(count) / 2)}`],
};

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
const taken = used() - before;
process.stdout.write(JSON.stringify({ taken, said: sse.stats().history?.bytes }));
