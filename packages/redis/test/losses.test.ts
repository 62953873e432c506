/**
 * What Redis can lose, and what clients receive that had, or had not, received the lost events: nothing is silently missing.
 */
import { readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { eventually, openStream, startServer, type TestStream } from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { startTcpProxy } from "@sse-service/testing/tcp-proxy";
import { createSSEService, type SSEService } from "sse-service";
import { describe, expect, it, onTestFinished } from "vitest";
import { redisEventLog } from "../src/index.js";
import { Lab, type LabOptions, untilDone } from "./lab.js";

interface Member {
	readonly sse: SSEService;
	/** A client that starts after an event. It has received its position. */
	open(lastEventId?: string): Promise<TestStream>;
}

async function startLab(persistence = false): Promise<Lab> {
	const lab = await Lab.start({ persistence });
	onTestFinished(() => lab.stop());
	return lab;
}

async function startMember(lab: Lab, options?: LabOptions): Promise<Member> {
	const { client } = await lab.client(options);
	const eventLog = redisEventLog({ client, prefix: lab.prefix });
	const sse = createSSEService({ eventLog, publishTimeoutMs: 0 });
	const server = await startServer((req, res) => void sse.connect({ req, res }));
	onTestFinished(async () => {
		await sse.close();
		await server.destroy();
	});
	return {
		sse,
		open: async (lastEventId) => {
			const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
			const stream = await openStream(server.url, { headers });
			await stream.until(() => stream.text.includes("id: v1."));
			return stream;
		},
	};
}

/** Two processes, a client of the first that has received 1 to 3 and stays connected, and the id of 1. */
async function begin(lab: Lab) {
	const member = await startMember(lab);
	const here = await member.open();
	const ids: string[] = [];
	for (const text of ["1", "2", "3"]) ids.push((await member.sse.publish("all", text)).id);
	await here.take(3);
	return { member, here, first: ids[0] };
}

/** Data, and gaps by their reason. */
function told({ events }: TestStream): string[] {
	return events.map(({ event, data }) =>
		event === "gap" ? `gap ${JSON.parse(data).reason}` : data,
	);
}

/** Once the log continues, "4" is sent to both: to the client that stayed, and to one that had only received 1 and connects to a new process. */
async function goOn(lab: Lab, { member, here, first }: Awaited<ReturnType<typeof begin>>) {
	const later = await startMember(lab);
	const back = await later.open(first);
	await untilDone(() => member.sse.publish("all", "4", { idempotencyKey: "4" }));
	for (const stream of [here, back]) await stream.until(() => told(stream).at(-1) === "4");
	return { here: told(here), back: told(back) };
}

const untilGap = (stream: TestStream): Promise<void> =>
	stream.until(() => stream.events.some(({ event }) => event === "gap"));

describe.skipIf(redisServerPath === undefined)("clients are told", () => {
	it("of a crash that loses the last events, if they had received them", async () => {
		const lab = await startLab(true);
		const begun = await begin(lab);
		const file = logOf(lab);
		// Redis may put off a write to its file while the disk is busy.
		await eventually(() => readFileSync(file, "latin1").includes('"d":"3"'), "3 in the file");
		const { size } = statSync(file);
		await begun.member.sse.publish("all", "lost");
		await begun.here.take(4);
		await lab.server.kill("SIGKILL");
		// As a machine that loses power has not got it on its disk yet.
		truncateSync(file, size);
		await lab.server.restart();
		await untilGap(begun.here);

		expect(await goOn(lab, begun)).toEqual({
			here: ["1", "2", "3", "lost", "gap diverged", "4"],
			back: ["2", "3", "4"],
		});
	});

	it("of a head that was evicted: all of them", async () => {
		const lab = await startLab();
		const begun = await begin(lab);
		await lab.call("DEL", lab.key("head"));
		await untilGap(begun.here);

		expect(await goOn(lab, begun)).toEqual({
			here: ["1", "2", "3", "gap epoch", "4"],
			back: ["gap epoch", "4"],
		});
	});

	it("of a stream that was evicted: those that had not received all of it", async () => {
		const lab = await startLab();
		const begun = await begin(lab);
		await lab.call("DEL", lab.key("log"));

		expect(await goOn(lab, begun)).toEqual({
			here: ["1", "2", "3", "4"],
			back: ["gap expired", "4"],
		});
	});

	it("of an outage in which more was sent than is kept: those whose process could not follow", async () => {
		const lab = await startLab();
		const begun = await begin(lab);
		const proxy = await startTcpProxy(lab.server.port);
		onTestFinished(() => proxy.close());
		const cutOff = await (await startMember(lab, { port: proxy.port })).open();
		proxy.mute("back");
		proxy.muted.add("back");
		for (const text of ["5", "6", "7"]) await begun.member.sse.publish("all", text);
		await lab.call("XTRIM", lab.key("log"), "MAXLEN", "1");
		proxy.muted.clear();
		proxy.cut();
		await untilGap(cutOff);

		expect(told(cutOff)).toEqual(["gap expired"]);
		await begun.here.until(() => told(begun.here).length === 6);
		expect(told(begun.here)).toEqual(["1", "2", "3", "5", "6", "7"]);
	});
});

/** The file to which it writes. */
function logOf({ server }: Lab): string {
	const folder = join(server.folder, "appendonlydir");
	const name = readdirSync(folder).find((file) => file.endsWith(".incr.aof"));
	return join(folder, name ?? "");
}
