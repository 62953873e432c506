/**
 * The tracker and the shop, each as a person sees them.
 */
import { join } from "node:path";
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
const example = useExample(folder, { PACE_MS: "0" });

describeExample(example, "desk");

function parcel(page: Page, content: string) {
	return page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: content }) });
}

function order(shop: Page, content: string) {
	return shop.getByRole("listitem").filter({ hasText: content });
}

async function move(desk: Page, content: string, stop: string): Promise<void> {
	await desk.getByRole("button", { name: `Move ${content} to ${stop}` }).click();
}

describe.skipIf(hasNoBrowser)("parcels", () => {
	test("a parcel moves on all tabs of its owner, and nobody else's", async () => {
		const [ada, grace, desk] = await Promise.all([
			example.openAs("ada"),
			example.openAs("grace"),
			example.openAs("desk"),
		]);
		const again = await example.openTab(ada);
		await move(desk, "Field notebooks, pack of three", "Leipzig");
		for (const page of [ada, again, desk]) {
			await parcel(page, "Field notebooks").getByText("Out for delivery in Leipzig").waitFor();
		}
		// Events arrive in order: what was sent before this would be here.
		await tell(desk, "That was all");
		await grace.getByText("That was all").waitFor();

		expect(await parcel(grace, "Field notebooks").count()).toBe(0);
		await grace.getByRole("heading", { name: "2 parcels on the way" }).waitFor();
	});

	test("one that has arrived is delivered, and moves no further", async () => {
		const [grace, desk] = await Promise.all([example.openAs("grace"), example.openAs("desk")]);
		await move(desk, "Climbing rope, 60 m", "Home");
		await parcel(grace, "Climbing rope").getByText("Delivered").waitFor();
		await grace.getByRole("heading", { name: "1 parcel on the way, 1 delivered" }).waitFor();

		expect(await parcel(desk, "Climbing rope").getByRole("button").count()).toBe(0);
	});
});

describe.skipIf(hasNoBrowser)("the shop, on another origin", () => {
	test("shows the parcels of the user who is signed in at the tracker, as they move", async () => {
		const [grace, desk] = await Promise.all([example.openAs("grace"), example.openAs("desk")]);
		const shop = await example.openElsewhere(grace);
		await order(shop, "Wool blanket").getByText("Hamburg").waitFor();
		await move(desk, "Wool blanket", "Köln");
		await order(shop, "Wool blanket").getByText("Köln").waitFor();

		expect(new URL(shop.url()).origin).not.toBe(new URL(grace.url()).origin);
	});
});

describe("the desk's routes", () => {
	test("only the desk moves a parcel, and only one that is on its way", async () => {
		const statusOf = async (id: string, name?: string) => {
			const cookie = name === undefined ? {} : await example.cookieOf(name);
			return post(example.url, `/parcels/${id}/move`, {}, cookie);
		};

		expect(await statusOf("NL-2056")).toBe(401);
		expect(await statusOf("NL-2056", "ada")).toBe(403);
		expect(await statusOf("NL-2056", "desk")).toBe(200);
		expect(await statusOf("__proto__", "desk")).toBe(409);
	});
});

describeEnd(example, folder);
