import { closeAtSignal, handle } from "./app.mjs";

// By default Bun closes a socket that has been idle for 10 seconds, which is less than the default heartbeat of 15.
const server = Bun.serve({
	port: process.argv[2],
	hostname: "127.0.0.1",
	idleTimeout: 0,
	fetch: handle,
});
closeAtSignal(() => server.stop());
