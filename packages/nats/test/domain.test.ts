/**
 * JetStream in another domain, beyond a leaf node.
 */
import { freePort } from "@sse-service/testing";
import { natsServerPath } from "@sse-service/testing/nats-server";
import { describe, expect, it } from "vitest";
import { append, Follower, openEngine, storing, textsOf } from "./engines.js";
import { CLIENTS, connectFor, startConfigured } from "./nats.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	it("a log beyond a leaf node is the same one, by the prefix of its domain", async () => {
		const port = await freePort();
		const hub = await startConfigured(`
			jetstream: { domain: hub }
			leafnodes: { host: "127.0.0.1", port: ${port} }
		`);
		const leaf = await startConfigured(`
			jetstream: { domain: leaf }
			leafnodes: { remotes: [{ url: "nats://127.0.0.1:${port}" }] }
		`);
		const near = await openEngine({ connection: await connectFor(connect, hub.port) });
		const connection = await connectFor(connect, leaf.port);
		const far = await openEngine({ connection, apiPrefix: "$JS.hub.API" });
		expect(await far.newest()).toEqual(await near.newest());
		const followers = [new Follower(near, 0), new Follower(far, 0)];
		// More than flow control lets through unanswered.
		const texts = Array.from({ length: 2_000 }, (_, at) => `${at} ${"x".repeat(1_000)}`);
		await far.append(texts.map((text) => storing(text)));
		await append(near, "end", { latest: { group: "g", key: "k", max: 1 } });
		for (const follower of followers) {
			await follower.until("end");
			expect(follower.texts).toEqual([...texts, "end"]);
		}
		expect(textsOf(await far.latest("g"))).toEqual(["end"]);
		await far.post("name", "text", 60_000);
		expect(await near.posted()).toEqual(new Map([["name", "text"]]));
	});
});
