/**
 * An idempotency key counts for its target: the same one once swallowed an event to another client, or of another tenant.
 */

import { expect, it } from "vitest";
import { createSSEService } from "../src/index.js";
import { startService } from "./serving.js";

it("the same idempotency key for another target is another event", async () => {
	const { sse, open } = await startService({ history: true });
	const { stream } = await open({ clientId: "ada" });
	const { stream: other } = await open({ clientId: "bob" });
	const once = { idempotencyKey: "1" };
	for (const client of ["ada", "bob", "ada"]) await sse.publish({ client }, client, once);
	sse.send("all", "end");
	for (const each of [stream, other]) await each.until(() => each.text.includes("data: end"));
	expect(stream.events.map(({ data }) => data)).toEqual(["ada", "end"]);
	expect(other.events.map(({ data }) => data)).toEqual(["bob", "end"]);
});

// `req.headers["idempotency-key"] ?? ""` made all events without the header one, and swallowed all but the first.
it.each(["key", "idempotencyKey"])("an empty %s is refused", async (option) => {
	const sse = createSSEService({ history: true });
	await expect(sse.publish("all", "news", { [option]: "" })).rejects.toMatchObject({
		code: "ERR_SSE_INVALID_OPTION",
		statusCode: 400,
		message: `${option} must be a string of 1 to 256 characters, got ""`,
	});
});

it("a thenable of `recover` that throws is a gap, and leaves the stream open", async () => {
	const errors: unknown[] = [];
	const thenable = {
		// biome-ignore lint/suspicious/noThenProperty: the test needs a thenable.
		then: (): never => {
			throw new Error("no");
		},
	};
	const { sse, open } = await startService({
		history: true,
		recover: () => thenable as unknown as Promise<[]>,
		onError: (error) => errors.push(error),
	});
	const { stream } = await open({}, "unknown");
	sse.send("all", "end");
	await stream.until(() => stream.text.includes("data: end"));
	expect(stream.events.map(({ data }) => data)).toEqual(['{"reason":"invalid"}', "end"]);
	expect(errors).toHaveLength(1);
});
