/**
 * What the server answers, without a browser.
 */
import { openStream, type TestStream } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createExample, type Events, PRESENCE_INTERVAL_MS } from "../example.js";
import { createSampler } from "../machine.js";

let example: ReturnType<typeof createExample>;
let url: string;

beforeEach(async () => {
	example = createExample();
	url = await example.listen(0, "127.0.0.1");
});

afterEach(() => example.close());

/** An open stream, and requests in its name. */
async function openTab(name: string) {
	const stream = await openStream(`${url}/events?as=${encodeURIComponent(name)}`);
	await stream.take(1);
	const { tab } = received(stream, "hello")[0] ?? {};
	return {
		stream,
		tab,
		post: async (path: string, body: object) => (await post(path, { tab, ...body })).json(),
	};
}

function received<Type extends keyof Events>(stream: TestStream, type: Type): Events[Type][] {
	return stream.events
		.filter(({ event }) => (event ?? "message") === type)
		.map(({ data }) => JSON.parse(data));
}

function post(
	path: string,
	body: unknown,
	headers: Record<string, string> = {},
): Promise<Response> {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	return fetch(url + path, { method: "POST", body: text, headers });
}

/** The stream of the same tab, as a browser opens it again. */
async function comeBack({ stream, tab }: Awaited<ReturnType<typeof openTab>>): Promise<TestStream> {
	const id = stream.text.match(/(?<=^id: ).*$/gm)?.at(-1) ?? "";
	const again = await openStream(`${url}/events?as=ada&tab=${tab}`, {
		headers: { "Last-Event-ID": id },
	});
	await again.until(() => received(again, "hello").length > 0);
	return again;
}

describe("the page", () => {
	test.each([
		["/", "text/html; charset=utf-8"],
		["/app.js", "text/javascript; charset=utf-8"],
		["/style.css", "text/css; charset=utf-8"],
		["/shared/base.css", "text/css; charset=utf-8"],
		["/shared/icon.svg", "image/svg+xml; charset=utf-8"],
	])("%s comes as %s", async (path, type) => {
		const response = await fetch(url + path);

		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe(type);
		expect(response.headers.get("content-security-policy")).toBe("default-src 'self'");
		expect((await response.text()).length).toBeGreaterThan(100);
	});

	test.each([
		"/nothing",
		"/nothing.js",
		"/../server.js",
		"/%2e%2e/server.js",
		"/page/app.js",
		"/shared/nothing.js",
		"/shared/index.html",
		"/shared/../server.js",
		"//",
		"/__proto__",
		"/constructor",
	])("%s is not there", async (path) => {
		// Not with fetch, which would tidy the path up first.
		const stream = await openStream(url + path);

		expect(stream.status).toBe(404);
	});
});

describe("methods", () => {
	test.each([
		["GET", "/say", "POST"],
		["DELETE", "/join", "POST"],
		["POST", "/events", "GET, HEAD"],
		["POST", "/", "GET, HEAD"],
		["PUT", "/app.js", "GET, HEAD"],
	])("%s %s is not allowed: %s is", async (method, path, allowed) => {
		const response = await fetch(url + path, { method });

		expect(response.status).toBe(405);
		expect(response.headers.get("allow")).toBe(allowed);
		expect(await response.json()).toEqual({ message: `${method} is not allowed here` });
	});

	test("HEAD gets the headers of a stream, and opens none", async () => {
		const response = await fetch(`${url}/events?as=ada`, { method: "HEAD" });

		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe("text/event-stream");
	});
});

describe("streams", () => {
	test.each([
		["an empty name", "as="],
		["a name that is too long", `as=${"a".repeat(41)}`],
	])("%s is refused", async (_, query) => {
		const response = await fetch(`${url}/events?${query}`);

		expect(response.status).toBe(400);
		expect((await response.json()).message).toContain("1 to 40 characters");
	});

	test("many who come at once are announced together", async () => {
		const startedMs = performance.now();
		const ada = await openTab("ada");
		const names = Array.from({ length: 20 }, (_, index) => `guest ${index}`);
		await Promise.all(names.map(openTab));
		const latest = () => received(ada.stream, "presence").at(-1)?.clients.length;
		await ada.stream.until(() => latest() === 21);

		// However long a busy machine takes to open them.
		const intervals = (performance.now() - startedMs) / PRESENCE_INTERVAL_MS;
		expect(received(ada.stream, "presence").length).toBeLessThanOrEqual(1 + intervals);
	});

	test("a tab that goes away is announced", async () => {
		const ada = await openTab("ada");
		const tabs = () => received(ada.stream, "presence").at(-1)?.clients.at(0)?.tabs;
		const second = await openTab("ada");
		await ada.stream.until(() => tabs() === 2);
		second.stream.abort();
		await ada.stream.until(() => tabs() === 1);
	});
});

describe("messages", () => {
	test("a message to a client reaches all of its tabs, and its sender is given the count", async () => {
		const [ada, again, grace] = [
			await openTab("ada"),
			await openTab("ada"),
			await openTab("grace"),
		];
		const answer = await grace.post("/tell", { client: "ada", text: "hello" });
		const { delivered, ...message } = answer;

		expect(delivered).toBe(2);
		expect(message).toMatchObject({ from: "grace", client: "ada", text: "hello" });
		for (const { stream } of [ada, again]) {
			await stream.until(() => received(stream, "message").length > 0);
			expect(received(stream, "message")).toEqual([message]);
		}
		expect(received(grace.stream, "message")).toEqual([]);
	});

	test("a message to a client that is not here is delivered to nobody, which is no error", async () => {
		const ada = await openTab("ada");

		expect(await ada.post("/tell", { client: "nobody", text: "hello" })).toMatchObject({
			delivered: 0,
		});
	});

	test("a room is heard by the tabs in it, whatever it is called", async () => {
		const [ada, grace] = [await openTab("ada"), await openTab("grace")];
		const room = "__proto__";
		expect(await ada.post("/join", { rooms: [room] })).toEqual({ joined: 1 });
		expect(await ada.post("/join", { rooms: [room] })).toEqual({ joined: 0 });
		expect(await ada.post("/say", { room, text: "alone" })).toMatchObject({ delivered: 1 });
		await grace.post("/join", { rooms: [room, "constructor"] });
		await ada.stream.until(() =>
			(received(ada.stream, "presence").at(-1)?.rooms ?? []).some(
				({ name, connections, clients }) => name === room && connections === 2 && clients === 2,
			),
		);
		expect(await ada.post("/say", { room, text: "together" })).toMatchObject({ delivered: 2 });
		expect(await ada.post("/leave", { rooms: [room] })).toEqual({ left: 1 });
		const refused = await post("/say", { tab: ada.tab, room, text: "from outside" });

		expect(refused.status).toBe(403);
		expect(await refused.json()).toEqual({ message: "Join the room before you speak in it" });
		await grace.stream.until(() => received(grace.stream, "message").length > 0);
		expect(received(grace.stream, "message").map(({ text }) => text)).toEqual(["together"]);
	});
});

describe("a stream that is cut", () => {
	test("ends in an orderly way, after what says how long to stay away", async () => {
		const ada = await openTab("ada");

		expect(await ada.post("/cut", {})).toEqual({ ended: 1 });
		expect(await ada.stream.ended).toBe(true);
		expect(ada.stream.retries).toEqual([1_000, 3_000]);
		expect((await post("/say", { tab: ada.tab, room: "lobby", text: "hello" })).status).toBe(409);
	});

	test("comes back in its rooms, with what was said there meanwhile", async () => {
		const [ada, grace] = [await openTab("ada"), await openTab("grace")];
		for (const { post } of [ada, grace]) await post("/join", { rooms: ["kitchen"] });
		await ada.post("/cut", {});
		await ada.stream.ended;
		await grace.post("/say", { room: "kitchen", text: "soup is ready" });
		const again = await comeBack(ada);

		expect(received(again, "message").map(({ text }) => text)).toEqual(["soup is ready"]);
	});

	test("is given all that the application knows when more was missed than is kept", async () => {
		const ada = await openTab("ada");
		await ada.post("/join", { rooms: ["kitchen"] });
		await ada.post("/say", { room: "kitchen", text: "soup is ready" });
		await ada.post("/say", { room: "kitchen", text: "it is not" });
		await ada.stream.until(() => received(ada.stream, "message").length === 2);
		await ada.post("/outrun", {});
		await ada.stream.ended;
		const again = await comeBack(ada);

		expect(received(again, "message").map(({ text }) => text)).toEqual([
			"soup is ready",
			"it is not",
		]);
		expect(received(again, "recovered")[0]?.number).toBeGreaterThan(100);
	});
});

describe("bad requests", () => {
	const badBodies: [what: string, path: string, body: unknown, status: number, error: string][] = [
		["no JSON", "/say", "{", 400, "JSON object"],
		["an array", "/say", [], 400, "JSON object"],
		["null", "/say", "null", 400, "JSON object"],
		["a number", "/join", "5", 400, "JSON object"],
		["nothing", "/join", "", 400, "JSON object"],
		["no tab", "/join", { rooms: ["a"] }, 409, "The stream of this tab is not open"],
		["a tab that is none", "/join", { tab: "__proto__", rooms: ["a"] }, 409, "is not open"],
	];
	test.each(badBodies)("%s", async (_, path, body, status, error) => {
		const response = await post(path, body);

		expect(response.status).toBe(status);
		expect((await response.json()).message).toContain(error);
	});

	const badFields: [path: string, body: object, error: string][] = [
		["/say", { room: "lobby" }, '"text" must be a string'],
		["/say", { text: "hello" }, '"room" must be a string'],
		["/say", { room: ["lobby"], text: "hello" }, '"room" must be a string'],
		["/say", { room: "lobby", text: " " }, '"text" must be a string'],
		["/say", { room: "lobby", text: "a".repeat(501) }, "1 to 500 characters"],
		["/tell", { client: { name: "ada" }, text: "hello" }, '"client" must be a string'],
		["/tell", { client: "a".repeat(41), text: "hello" }, "1 to 40 characters"],
		["/tell", { client: "ada", text: 5 }, '"text" must be a string'],
		["/join", {}, "1 to 40 characters"],
		["/join", { rooms: "" }, "1 to 40 characters"],
		["/join", { rooms: ["a", 5] }, "1 to 40 characters"],
		["/join", { rooms: ["a".repeat(41)] }, "1 to 40 characters"],
		["/leave", { rooms: null }, "1 to 40 characters"],
	];
	test.each(badFields)("%s with %j is refused: %s", async (path, body, error) => {
		const { tab } = await openTab("ada");
		const response = await post(path, { tab, ...body });

		expect(response.status).toBe(400);
		expect((await response.json()).message).toContain(error);
	});

	test("one room too many is refused", async () => {
		const { tab } = await openTab("ada");
		const rooms = Array.from({ length: 21 }, (_, index) => `room ${index}`);
		const response = await post("/join", { tab, rooms });

		expect(response.status).toBe(429);
	});

	test("a body that is too large is refused before it is read", async () => {
		const response = await post("/say", "a".repeat(4_097));

		expect(response.status).toBe(413);
		expect(await response.json()).toEqual({
			message: "The body must be no larger than 4096 bytes",
		});
	});

	test("a body of unknown length is refused", async () => {
		const body = new Blob(["{}"]).stream();
		const options: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
		const response = await fetch(`${url}/say`, options);

		expect(response.status).toBe(411);
	});

	test("the server continues after all that", async () => {
		await post("/say", "a".repeat(1_000_000)).catch(() => undefined);
		const ada = await openTab("ada");

		expect(await ada.post("/join", { rooms: ["lobby"] })).toEqual({ joined: 1 });
	});
});

describe("samples", () => {
	test("are taken once a second while somebody is here, and not otherwise", () => {
		vi.useFakeTimers();
		try {
			const onSample = vi.fn();
			const sampler = createSampler(onSample);
			vi.advanceTimersByTime(5_000);
			expect(onSample).toHaveBeenCalledTimes(0);

			sampler.start();
			sampler.start();
			vi.advanceTimersByTime(3_000);
			expect(onSample).toHaveBeenCalledTimes(3);

			sampler.stop();
			vi.advanceTimersByTime(5_000);
			expect(onSample).toHaveBeenCalledTimes(3);
			expect(sampler.recent).toHaveLength(3);
			for (const { cpu, memory } of sampler.recent) {
				expect(cpu).toBeGreaterThanOrEqual(0);
				expect(cpu).toBeLessThanOrEqual(1);
				expect(memory).toBeGreaterThan(0);
				expect(memory).toBeLessThan(1);
			}
		} finally {
			vi.useRealTimers();
		}
	});
});

test("the inspector beside it lists the open streams, and is none of them", async () => {
	await openTab("ada");
	const page = await fetch(`${url}/inspector/`);
	const { rows } = await (await fetch(`${url}/inspector/connections`)).json();

	expect([page.status, page.headers.get("content-type")]).toEqual([
		200,
		"text/html; charset=utf-8",
	]);
	expect(rows).toMatchObject([{ client: "ada" }]);
});
