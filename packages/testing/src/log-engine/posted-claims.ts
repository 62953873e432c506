/** Claims about `post` and `posted`. */
import { describe, expect, it } from "vitest";
import { eventually } from "../waiting.js";
import type { EngineFixture } from "./engine-fixture.js";

export function describePosted(its: EngineFixture): void {
	const { open } = its;

	describe("a posted text", () => {
		it("is visible to every driver, the last one of each name", async () => {
			await its.engine.post("one", "1", 60_000);
			await its.engine.post("two: zwö", "2\n", 60_000);
			await its.engine.post("one", "3", 60_000);
			const all = new Map([
				["one", "3"],
				["two: zwö", "2\n"],
			]);
			expect(await its.engine.posted()).toEqual(all);
			expect(await (await open()).posted()).toEqual(all);
		});

		it("expires after its TTL unless it is posted again", async () => {
			await its.engine.post("short", "1", 1_000);
			let names: string[] = [];
			const isExpired = async (): Promise<boolean> => {
				await its.engine.post("kept", "1", 1_000);
				names = [...(await its.engine.posted()).keys()];
				return !names.includes("short");
			};
			await eventually(isExpired, "the posted text to expire");
			expect(names).toEqual(["kept"]);
		});
	});
}
