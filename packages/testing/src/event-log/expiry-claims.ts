/** Claims about limits, and readers whose position the log cannot continue from. */
import { describe, expect, it } from "vitest";
import { ADA, type EventLogFixture, FAR_BEYOND } from "./event-log-fixture.js";
import type { LogLimits } from "./event-log-types.js";

export function describeExpiry(its: EventLogFixture): void {
	const { append, appendMany, here, missed, open, start } = its;

	describe("fails a reader", () => {
		it.each<[string, LogLimits]>([
			["number", { maxEvents: 10 }],
			["bytes", { maxBytes: 10_000 }],
		])("that missed events beyond the limit in %s: expired", async (_, limits) => {
			await start(limits);
			const after = here();
			await appendMany(FAR_BEYOND);
			await its.harness.forget?.();
			expect(await missed(after)).toBe("expired");
			expect(await missed(await append("1"))).toEqual([]);
			const { events, bytes } = its.log.stats();
			if (its.harness.isExact) {
				expect(events).toBeLessThanOrEqual(limits.maxEvents ?? Infinity);
				// The bytes also count what the log remembers of dropped events.
				expect(bytes).toBeLessThan((limits.maxBytes ?? Infinity) * 1.1);
			}
		});

		it("that missed events older than `maxAgeMs`: expired", async () => {
			await start({ maxAgeMs: 1_000 });
			// On a busy machine the second event may be too old as well when it is read: then try again.
			for (let isInTime = false; !isInTime; ) {
				const after = here();
				await append("1");
				const first = here();
				await its.harness.pass(600);
				const begun = performance.now();
				await append("2");
				await its.harness.pass(600);
				await its.harness.forget?.();
				const [old, young] = [await missed(after), await missed(first)];
				isInTime = performance.now() - begun < 950;
				expect(old).toBe("expired");
				if (isInTime) expect(young).toEqual(["2"]);
			}
		});

		it("never one that missed none of the dropped events", async () => {
			await start({ maxEvents: 10 });
			const after = here();
			await append("sports", { target: { group: "sports" } });
			await append("bob", { target: { client: "bob" } });
			await append("not ada", { target: { exceptClient: "ada" } });
			await append("over", { ttlMs: 0 });
			await append("old", { key: "A" });
			await appendMany(10, { target: { client: "bob" } });
			await append("new", { key: "A" });
			await its.harness.forget?.();
			expect(await missed(after)).toEqual(["new"]);
			expect(await missed(after, { clientId: "bob", groups: [] })).toBe("expired");
			expect(await missed(after, { clientId: "cleo", groups: ["sports"] })).toBe("expired");
			expect(await missed(after, { clientId: "cleo", groups: [] })).toBe("expired");
		});

		it("by the limits of each group", async () => {
			await start({
				maxEvents: 10,
				groups: { news: { maxEvents: 2 * FAR_BEYOND }, sports: { maxEvents: 10 } },
			});
			const after = here();
			await append("1", { target: { group: "news" } });
			await appendMany(FAR_BEYOND, { target: { client: "bob" } });
			await append("2", { target: { group: "news" } });
			await its.harness.forget?.();
			expect(await missed(after)).toEqual(["1", "2"]);
			await appendMany(FAR_BEYOND, { target: { group: "sports" } });
			await its.harness.forget?.();
			const sports = { clientId: "cleo", groups: ["sports"] };
			expect(await missed(after, sports)).toBe("expired");
			await append("3", { target: { client: "cleo" } });
			expect(await missed(its.delivered.at(-2)?.position ?? after, sports)).toEqual(["3"]);
		});

		it("whose position is from another log: epoch", async () => {
			await open(() => {});
			const position = await append("1");
			await start();
			await append("1");
			expect(await missed(position)).toBe("epoch");
		});

		it("whose position does not match an event of the log: diverged", async () => {
			await start();
			const position = await append("1");
			await append("2");
			expect(await missed({ ...position, tag: `${position.tag}x` })).toBe("diverged");
			expect(await missed({ ...position, sequence: position.sequence + 1 })).toBe("diverged");
			const ahead = { ...here(), sequence: here().sequence + 1 };
			expect(await missed(ahead, ADA, ahead)).toBe("diverged");
		});
	});
}
