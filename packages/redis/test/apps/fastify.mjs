import { sse } from "@sse-service/fastify";
import { fastify } from "fastify";
import { sendSSEToAll } from "sse-service";
import { options, serve } from "./event-log.mjs";

const app = fastify();
await app.register(sse, options);
app.get("/events", (_request, reply) => reply.sse());
await app.listen({ port: 0, host: "127.0.0.1" });
serve(app.server.address().port, sendSSEToAll);
