/**
 * Elysia on its adapter for Node, which shows Node's response on the request, as srvx does.
 */
import { node } from "@elysiajs/node";
import { Elysia } from "elysia";
import { closeAtSignal, handle } from "./node-app.mjs";

const app = new Elysia({ adapter: node() })
	.headers({ "x-middleware": "yes" })
	.all("/*", ({ request }) => handle(request))
	.listen({ port: Number(process.argv[2]), hostname: "127.0.0.1" });
closeAtSignal(() => app.stop());
