// Starts a client in a process of Node, which answers each message with what the client has received and what CPU it took.

import { EventSource as UndiciEventSource } from "undici";
import { CLIENTS, seen } from "./clients.js";

const [, , name = "", url = ""] = process.argv;

if (name === "eventsource") {
	const { EventSource } = await import("eventsource");
	Object.assign(globalThis, { EventSource });
} else {
	// That of Node 22, behind a flag.
	Object.assign(globalThis, { EventSource: UndiciEventSource });
}
(CLIENTS[name] ?? CLIENTS.EventSource)?.(url);

process.on("message", () => {
	const { user, system } = process.cpuUsage();
	process.send?.({ ...seen, seconds: (user + system) / 1e6 });
});
process.on("disconnect", () => process.exit());
