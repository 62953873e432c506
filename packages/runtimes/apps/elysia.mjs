import { Elysia } from "elysia";
import { closeAtSignal, handle } from "./app.mjs";

// What Elysia hands on to `Bun.serve`.
const app = new Elysia({ serve: { hostname: "127.0.0.1", idleTimeout: 0 } })
	.headers({ "x-middleware": "yes" })
	.all("/*", ({ request }) => handle(request))
	.listen(Number(process.argv[2]));
closeAtSignal(() => app.stop());
