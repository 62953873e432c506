// One of several processes: `node process.mjs REDIS_URL PREFIX NAME`. It sends its address to its parent. Every path but the inspector's opens
// a stream: `/client?group=a`.
import { createServer } from "node:http";
import { redisEventLog } from "@sse-service/redis";
import { createClient } from "redis";
import { createSSEService } from "sse-service";
import { inspector } from "../../dist/index.js";

const [, , url, prefix, name] = process.argv;
const client = createClient({ url });
client.on("error", () => {});
await client.connect();
const eventLog = redisEventLog({ client, prefix });
const sse = createSSEService({ heartbeatIntervalMs: 0, eventLog });
const inspect = inspector(sse, { loopbackOnly: true, name, showData: true });
const server = createServer((req, res) => {
	if (inspect(req, res)) return;
	const { pathname, searchParams } = new URL(req.url ?? "", "http://localhost");
	const clientId = decodeURIComponent(pathname.slice(1));
	sse.connect({ req, res, clientId, groups: searchParams.getAll("group") });
});
server.listen(0, "127.0.0.1", () => process.send?.(`http://127.0.0.1:${server.address().port}`));
process.on("message", (text) => sse.publish("all", text));
process.on("disconnect", () => process.exit());
