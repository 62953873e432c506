/**
 * The package as it is published, in ES modules and CommonJS, with either client.
 */
import { join } from "node:path";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { describePacked } from "@sse-service/testing/packed";
import { useSuiteServer } from "@sse-service/testing/suite-server";
import { describe } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");

const program = `
const main = async () => {
	const connection = await connect({ servers: process.env.NATS_URL });
	const sse = createSSEService({ eventLog: natsEventLog({ connection, prefix: "PACKED" }) });
	const server = createServer(async (req, res) => {
		if (req.url === "/events") {
			const { connection } = sse.connect({ req, res, clientId: "ada" });
			connection.send("hello");
		} else {
			await sse.publish("all", "for all");
			res.end(String(sse.stats().connections));
		}
	});
	server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));
	process.once("SIGTERM", async () => {
		server.close();
		await sse.close();
		server.closeAllConnections();
		await connection.close();
	});
};
main();
`;

// With the clients' own types, which fail the compiler at its strictest, the tests beside this one are compiled.
const types = `
import { type EventLog, type NatsConnection, natsEventLog, type NatsEventLogOptions } from "@sse-service/nats";
import { createSSEService, type SSEService } from "sse-service";

export function start(connection: NatsConnection): SSEService {
	const options: NatsEventLogOptions = { connection, prefix: "SSE", maxEvents: 10 };
	const eventLog: EventLog = natsEventLog(options);
	return createSSEService({ eventLog });
}
// @ts-expect-error: no connection.
natsEventLog({ connection: {} });
`;

describe.skipIf(natsServerPath === undefined)("the package", () => {
	useSuiteServer("NATS_URL", startNatsServer);

	describePacked({
		folder: PACKAGE,
		linked: Object.fromEntries(
			["@nats-io/transport-node", "nats"].map((name) => [
				name,
				join(PACKAGE, "node_modules", name),
			]),
		),
		programs: {
			"app.mjs": `
import { createServer } from "node:http";
import { connect } from "@nats-io/transport-node";
import { natsEventLog } from "@sse-service/nats";
import { createSSEService } from "sse-service";
${program}`,
			"app.cjs": `
const { createServer } = require("node:http");
const { connect } = require("nats");
const { natsEventLog } = require("@sse-service/nats");
const { createSSEService } = require("sse-service");
${program}`,
		},
		types: { "types.mts": types, "types.cts": types },
	});
});
