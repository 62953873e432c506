/**
 * The builds and the lamp, each as a person sees them.
 */
import { join } from "node:path";
import { openStream } from "@sse-service/testing";
import {
	describeEnd,
	describeExample,
	hasNoBrowser,
	post,
	tell,
	useExample,
} from "example-shared/example";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

const folder = join(import.meta.dirname, "..");
/** A build takes half a second, and nobody pushes. */
const example = useExample(folder, { PACE_MS: "25", PUSH_MS: "0" });

describeExample(example, "ops");

function build(page: Page, message: string) {
	return page.getByRole("button").filter({ hasText: message });
}

/** Runs the first build with this message again, and resolves when the log of the new one is shown. */
async function runAgain(page: Page, message: string): Promise<void> {
	await page.bringToFront();
	await build(page, message).last().click();
	const title = page.getByRole("heading", { name: /#\d+/ });
	const before = await title.textContent();
	await page.getByRole("button", { name: "Run again" }).click();
	await expect.poll(() => title.textContent()).not.toBe(before);
}

function linesOf(page: Page): Promise<string[]> {
	return page.getByRole("log").getByRole("listitem").allTextContents();
}

describe.skipIf(hasNoBrowser)("builds", () => {
	test("a run shows on all tabs of its owner and at ops, and at nobody else's", async () => {
		const [ada, grace, ops] = await Promise.all([
			example.openAs("ada"),
			example.openAs("grace"),
			example.openAs("ops"),
		]);
		const again = await example.openTab(ada);
		const before = await build(ada, "Retry uploads").count();
		await runAgain(ada, "Retry uploads");
		for (const page of [ada, again, ops]) {
			await build(page, "Retry uploads").nth(before).waitFor();
			await build(page, "Retry uploads").first().getByText("passed").waitFor();
		}
		// Events arrive in order: what was sent before this would be here.
		await tell(ops, "That was all");
		await grace.getByText("That was all").waitFor();

		expect(await build(grace, "Retry uploads").count()).toBe(0);
		await build(ops, "Retry uploads").first().getByText("by ada").waitFor();
	});

	test("a log is complete and in order, whether one comes early or late", async () => {
		const ada = await example.openAs("ada");
		await runAgain(ada, "Keep the map still");
		await ada.getByText("The build has passed.").waitFor();
		const early = await linesOf(ada);
		const late = await example.openTab(ada);
		await build(late, "Keep the map still").first().click();
		await late.getByText("The build has passed.").waitFor();

		expect(early[0]).toBe("$ pnpm install --frozen-lockfile");
		expect(early.filter((line) => line.startsWith("$"))).toHaveLength(5);
		expect(new Set(early).size).toBe(early.length);
		expect(await linesOf(late)).toEqual(early);
	});

	test("a build that fails says where, and goes no further", async () => {
		const grace = await example.openAs("grace");
		await build(grace, "Spill fewer registers").last().click();
		await grace.getByText("The build has failed.").waitFor();
		const steps = build(grace, "Spill fewer registers").last().locator("[data-step]");

		expect(await steps.evaluateAll((all) => all.map((each) => each.getAttribute("title")))).toEqual(
			["install: passed", "lint: passed", "test: failed", "build: waiting", "deploy: waiting"],
		);
		expect((await linesOf(grace)).join("\n")).not.toContain("deploy");
	});
});

describe.skipIf(hasNoBrowser)("the lamp, on another origin", () => {
	test("shows the newest build of the user who is signed in at the builds", async () => {
		const ada = await example.openAs("ada");
		const lamp = await example.openElsewhere(ada);
		for (const [message, state] of [
			["Round totals half to even", "failed"],
			["Retry uploads that time out", "passed"],
		] as const) {
			await runAgain(ada, message);
			await lamp.getByRole("status").getByText(`${message}: ${state}`).waitFor();
		}

		expect(new URL(lamp.url()).origin).not.toBe(new URL(ada.url()).origin);
	});
});

describe("a log", () => {
	test("ends with its build, in an orderly way", async () => {
		const headers = await example.cookieOf("ops");
		const log = await openStream(`${example.url}/builds/412/log`, { headers });

		expect(await log.ended).toBe(true);
		expect(log.events.at(-1)).toMatchObject({ event: "end", data: '{"passed":true}' });
	});

	test.each([
		["/builds/412/log", undefined, 401],
		["/builds/412/log", "grace", 404],
		["/builds/1/log", "ops", 404],
		["/builds/nonsense/log", "ops", 400],
	])("%s for %s: %d, and no stream", async (path, name, status) => {
		const headers = name === undefined ? {} : await example.cookieOf(name);
		const answer = await openStream(example.url + path, { headers });

		expect(answer.status).toBe(status);
		expect(answer.headers["content-type"]).toContain("application/json");
	});
});

describe("running again", () => {
	test("is for the owner, and three at a time", async () => {
		const run = async (name: string) =>
			post(example.url, "/builds/412/runs", {}, await example.cookieOf(name));

		expect(await run("grace")).toBe(404);
		const statuses = await Promise.all(["ada", "ada", "ada", "ada"].map(run));
		expect(statuses.sort()).toEqual([201, 201, 201, 409]);
	});
});

describeEnd(example, folder);
