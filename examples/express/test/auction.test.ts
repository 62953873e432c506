/**
 * The auction and the gallery, each as a person sees them.
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

describeExample(example, "auctioneer");

function lot(page: Page, title: string) {
	return page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: title }) });
}

async function bid(page: Page, title: string): Promise<void> {
	await page.bringToFront();
	await lot(page, title).getByRole("button", { name: "Bid" }).click();
}

describe.skipIf(hasNoBrowser)("bidding", () => {
	test("everyone sees the price, and only the bidder, on all tabs, who leads", async () => {
		const [ada, grace, auctioneer] = await Promise.all([
			example.openAs("ada"),
			example.openAs("grace"),
			example.openAs("auctioneer"),
		]);
		const again = await example.openTab(ada);
		await bid(ada, "Foothills");
		for (const page of [ada, again]) {
			await lot(page, "Foothills").getByText("You lead").waitFor();
			await page.getByText("You lead on 1.").waitFor();
		}
		await lot(grace, "Foothills").getByText("1 bid").waitFor();
		await bid(grace, "Foothills");
		for (const page of [ada, again]) {
			await lot(page, "Foothills").getByText("Outbid").waitFor();
			await lot(page, "Foothills").getByText("€410", { exact: true }).waitFor();
		}
		// Events arrive in order: what was sent before this would be here.
		await tell(auctioneer, "That was all");
		await auctioneer.getByText("That was all").waitFor();

		expect(await auctioneer.getByText(/You lead|Outbid/).count()).toBe(0);
		expect(await lot(grace, "Foothills").getByText("Outbid").count()).toBe(0);
		expect(await lot(grace, "Foothills").getByRole("button").isDisabled()).toBe(true);
	});

	test("the auctioneer sells to the highest bidder, and the others learn that it is gone", async () => {
		const [ada, grace, auctioneer] = await Promise.all([
			example.openAs("ada"),
			example.openAs("grace"),
			example.openAs("auctioneer"),
		]);
		await bid(ada, "Late Sun");
		await lot(grace, "Late Sun").getByText("1 bid").waitFor();
		await bid(grace, "Late Sun");
		await lot(auctioneer, "Late Sun").getByText("2 bids").waitFor();
		await lot(auctioneer, "Late Sun").getByRole("button", { name: "Sell" }).click();
		await lot(grace, "Late Sun").getByText("Yours").waitFor();
		await lot(ada, "Late Sun").getByText("Gone").waitFor();

		expect(await lot(ada, "Late Sun").getByRole("button").count()).toBe(0);
	});

	test("a tab that comes later knows how its bidder stands", async () => {
		const ada = await example.openAs("ada");
		await bid(ada, "Instrument");
		await lot(ada, "Instrument").getByText("You lead").waitFor();
		const later = await example.openTab(ada);
		await lot(later, "Instrument").getByText("You lead").waitFor();
	});
});

describe.skipIf(hasNoBrowser)("the gallery, on another origin", () => {
	test("bids as the user who is signed in at the auction, and follows", async () => {
		const [ada, grace] = await Promise.all([example.openAs("ada"), example.openAs("grace")]);
		const gallery = await example.openElsewhere(ada);
		await gallery.getByRole("heading", { name: "Static, No. 4" }).waitFor();
		await gallery.getByRole("button", { name: "Bid €540" }).click();
		await gallery.getByText("You lead").waitFor();
		await lot(ada, "Static").getByText("You lead").waitFor();
		await lot(grace, "Static").getByText("1 bid").waitFor();
		await bid(grace, "Static");
		await gallery.getByText("You are outbid").waitFor();
		await gallery.getByRole("button", { name: "Bid €640" }).waitFor();

		expect(new URL(gallery.url()).origin).not.toBe(new URL(ada.url()).origin);
	});
});

describe("signing out", () => {
	test("ends the streams of that session, not those of the user elsewhere", async () => {
		const [here, elsewhere] = [await example.cookieOf("ada"), await example.cookieOf("ada")];
		const streams = await Promise.all([here, elsewhere].map((headers) => example.open(headers)));
		await fetch(`${example.url}/session`, { method: "DELETE", headers: here });
		expect(await streams[0]?.ended).toBe(true);
		const bid = { price: 480 };

		expect(await post(example.url, "/lots/afternoon/bids", bid, here)).toBe(401);
		expect(await post(example.url, "/lots/afternoon/bids", bid, elsewhere)).toBe(201);
		await streams[1]?.until(
			() => streams[1]?.events.some(({ event }) => event === "standing") ?? false,
		);
	});
});

describe("what is refused", () => {
	test.each([
		["/lots/low-tide/bids", "ada", { price: 1_000_000 }, 409],
		["/lots/low-tide/bids", "ada", { price: "320" }, 409],
		["/lots/low-tide/bids", "ada", {}, 409],
		["/lots/__proto__/bids", "ada", { price: 1 }, 404],
		["/lots/low-tide/sale", "ada", {}, 403],
		["/lots/low-tide/sale", "auctioneer", {}, 409],
	])("%s by %s with %j: %d", async (path, name, body, status) => {
		expect(await post(example.url, path, body, await example.cookieOf(name))).toBe(status);
	});
});

describeEnd(example, folder);
