import { closeAtSignal, handle } from "./app.mjs";

const server = Deno.serve({ port: Number(Deno.args[0]), hostname: "127.0.0.1" }, handle);
closeAtSignal(() => server.shutdown());
