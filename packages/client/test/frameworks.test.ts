/**
 * The subpaths in their frameworks, beyond what the README shows: components of Svelte as its compiler makes them, rendering on
 * a server, and the cache of TanStack Query.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { eventually } from "@sse-service/testing";
import { executablePath, launchBrowser } from "@sse-service/testing/browser";
import { QueryClient } from "@tanstack/query-core";
import { createElement, type ReactElement } from "react";
import { renderToString as renderReact } from "react-dom/server";
import { compile } from "svelte/compiler";
import { render as renderSvelte } from "svelte/server";
import { get } from "svelte/store";
import { describe, expect, it } from "vitest";
import { createSSRApp, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";
import { useLatest, useStream } from "../src/react.js";
import { streamStores } from "../src/svelte.js";
// Biome takes composables for the hooks of React.
import { useLatest as latestOf, useStream as streamOf } from "../src/vue.js";
import { bundle } from "./bundle.js";
import { servePage } from "./page.js";
import { atEnd, open, serve, untilState } from "./serving.js";

type Events = { tick: { price: number } };

const componentOf = (url: string): string => `
	<script>
		import { streamStores } from "@sse-service/client/svelte";
		const { state: connection, latest } = streamStores("${url}");
		const tick = latest("tick");
		let unit = $state("EUR");
	</script>
	<output data-state={$connection}>{$tick?.price ?? "…"} {unit}</output>
`;

function Price({ url }: { readonly url: string }): ReactElement {
	const stream = useStream<Events>(url);
	const tick = useLatest(stream, "tick");
	return createElement("output", null, `${stream.state} ${tick?.price}`);
}

const initial = { price: 1 };

function LatestPrice(): ReactElement {
	const tick = useLatest(useStream<Events>("/events"), "tick", initial);
	return createElement("output", null, tick.price);
}

describe("with an initial value, the latest data is never undefined:", () => {
	it("Vue", async () => {
		const app = createSSRApp({
			setup() {
				const tick = latestOf(streamOf<Events>("/events"), "tick", initial);
				return () => h("output", tick.value.price);
			},
		});
		expect(await renderVue(app)).toContain(">1<");
	});

	it("Svelte", () => {
		const tick = streamStores<Events>("/events").latest("tick", initial);
		expect(get(tick).price).toBe(1);
	});

	it("React", () => {
		expect(renderReact(createElement(LatestPrice))).toContain(">1<");
	});
});

describe("a component of Svelte", () => {
	it.skipIf(executablePath === undefined)(
		"shows the state and the latest event, and closes the connection when it is removed",
		async () => {
			const { js } = compile(componentOf("/events"), { generate: "client", name: "Component" });
			const page = servePage(
				await bundle(`
					import { mount, unmount } from "svelte";
					${js.code.replace("export default function", "function")}
					const component = mount(Component, { target: document.querySelector("#root") });
					window.remove = () => unmount(component);
				`),
			);
			const { sse, server } = await serve({}, page);
			const browser = await launchBrowser();
			atEnd(() => browser.close());
			const window = await browser.openWindow(server.url);
			await window.waitForSelector("output[data-state=open]");
			sse.send("all", { price: 7 }, { event: "tick" });
			await window.waitForSelector('output:has-text("7")');
			expect(sse.stats().connectionsOpened).toBe(1);
			await window.evaluate("window.remove()");
			await eventually(() => sse.stats().connections === 0);
		},
	);
});

const SHOWN = `
	import { createElement } from "react";
	import { createRoot } from "react-dom/client";
	import { createApp, h } from "vue";
	import * as ofReact from "@sse-service/client/react";
	import { streamStores } from "@sse-service/client/svelte";
	import * as ofVue from "@sse-service/client/vue";

	const SHOW = {
		react(root, id) {
			function Price() {
				const stream = ofReact.useStream("/react");
				const tick = ofReact.useLatest(stream, "tick");
				return createElement("output", { id, "data-state": stream.state }, tick?.price ?? "…");
			}
			createRoot(root).render(createElement(Price));
		},
		vue(root, id) {
			const setup = () => {
				const stream = ofVue.useStream("/vue");
				const tick = ofVue.useLatest(stream, "tick");
				return () => h("output", { id, "data-state": stream.state.value }, tick.value?.price ?? "…");
			};
			createApp({ setup }).mount(root);
		},
		svelte(root, id) {
			const { state, latest } = streamStores("/svelte");
			const output = root.appendChild(document.createElement("output"));
			output.id = id;
			state.subscribe((value) => (output.dataset.state = value));
			latest("tick").subscribe((value) => (output.textContent = value?.price ?? "…"));
		},
	};
	window.show = (framework, id) =>
		SHOW[framework](document.body.appendChild(document.createElement("div")), id);
`;

// A component stayed on the closed stream while another had opened it again. React's state told of the one, its events of the other.
it.skipIf(executablePath === undefined)(
	"a stream that has ended is opened again by the next component that uses it, for all of them, in React, Vue and Svelte",
	async () => {
		const page = servePage(await bundle(SHOWN));
		const refused = new Set<string | undefined>();
		const { sse, server } = await serve({}, (req, res) => {
			if (page(req, res)) return true;
			if (refused.has(req.url)) return false;
			refused.add(req.url);
			res.writeHead(403).end();
			return true;
		});
		const browser = await launchBrowser();
		atEnd(() => browser.close());
		const window = await browser.openWindow(server.url);
		for (const framework of ["react", "vue", "svelte"]) {
			const [first, second] = [`${framework}-1`, `${framework}-2`];
			await window.evaluate(`window.show("${framework}", "${first}")`);
			await window.waitForSelector(`#${first}[data-state=closed]`);
			await window.evaluate(`window.show("${framework}", "${second}")`);
			for (const id of [first, second]) {
				await window.waitForSelector(`#${id}[data-state=open]`);
			}
			sse.send("all", { price: 7 }, { event: "tick" });
			for (const id of [first, second]) {
				await window.waitForSelector(`#${id}:has-text("7")`);
			}
		}
		expect(sse.stats().connectionsOpened).toBe(3);
	},
);

const TOKENS = `
	import { Activity, createElement } from "react";
	import { createRoot } from "react-dom/client";
	import { useStream } from "@sse-service/client/react";

	function Price({ token }) {
		const stream = useStream("/events", { headers: { authorization: token } });
		return createElement("output", { "data-state": stream.state, "data-token": token }, token);
	}
	const root = createRoot(document.querySelector("#root"));
	window.render = (mode, token) =>
		root.render(createElement(Activity, { mode }, createElement(Price, { token })));
`;

// They were those of the component's first render: a token that had been renewed while the component was hidden was not sent.
it.skipIf(executablePath === undefined)(
	"React: a stream that opens again has the options of the latest render",
	async () => {
		const { sse, server, requests } = await serve({}, servePage(await bundle(TOKENS)));
		const browser = await launchBrowser();
		atEnd(() => browser.close());
		const window = await browser.openWindow(server.url);
		await window.evaluate('window.render("visible", "old")');
		await window.waitForSelector("output[data-state=open]");
		await window.evaluate('window.render("hidden", "old")');
		await eventually(() => sse.stats().connections === 0);
		await window.evaluate('window.render("hidden", "new")');
		await eventually(() =>
			window.evaluate('document.querySelector("output").dataset.token === "new"'),
		);
		await window.evaluate('window.render("visible", "new")');
		await eventually(() => sse.stats().connections === 1);
		const opened = requests.filter(({ url }) => url === "/events");
		expect(opened.map(({ headers }) => headers.authorization)).toEqual(["old", "new"]);
	},
);

// Vue's and Svelte's opened streams there, which nobody closed.
describe("on a server, rendering opens no connection:", () => {
	it("React", async () => {
		const { server, requests } = await serve();
		const html = renderReact(createElement(Price, { url: server.url }));
		await fetch(server.url, { method: "HEAD" });
		expect(html).toContain("connecting undefined");
		expect(requests).toHaveLength(1);
	});

	it("Vue", async () => {
		const { server, requests } = await serve();
		for (const url of [server.url, "/events"]) {
			const app = createSSRApp({
				setup() {
					const stream = streamOf<Events>(url);
					const tick = latestOf(stream, "tick");
					return () => h("output", `${stream.state.value} ${tick.value?.price}`);
				},
			});
			expect(await renderVue(app)).toContain("connecting undefined");
		}
		await fetch(server.url, { method: "HEAD" });
		expect(requests).toHaveLength(1);
	});

	it("Svelte", async () => {
		const { server, requests } = await serve();
		const { js } = compile(componentOf(server.url), { generate: "server" });
		// Inside of the package, where its name is found.
		const reports = join(import.meta.dirname, "../.reports");
		mkdirSync(reports, { recursive: true });
		const folder = mkdtempSync(join(reports, "svelte-"));
		atEnd(() => rmSync(folder, { recursive: true, force: true }));
		const file = join(folder, "component.mjs");
		writeFileSync(file, js.code);
		const { default: Component } = await import(/* @vite-ignore */ pathToFileURL(file).href);
		const { body } = renderSvelte(Component);
		await fetch(server.url, { method: "HEAD" });
		expect(body).toContain('data-state="connecting">…');
		expect(requests).toHaveLength(1);
	});
});

it("events are written into the cache of TanStack Query, and a gap invalidates it", async () => {
	const { sse, server } = await serve({ history: true });
	const queryClient = new QueryClient();
	await queryClient.fetchQuery({ queryKey: ["price"], queryFn: () => ({ price: 1 }) });
	const stream = open<Events>(server.url, {
		lastEventId: "1.other.5.tag",
		onGap: () => queryClient.invalidateQueries(),
	});
	stream.on("tick", ({ data }) => queryClient.setQueryData(["price"], data));
	await untilState(stream, "open");
	await eventually(() => queryClient.getQueryState(["price"])?.isInvalidated === true);
	sse.send("all", { price: 7 }, { event: "tick" });
	await eventually(() => queryClient.getQueryData<{ price: number }>(["price"])?.price === 7);
	queryClient.clear();
});
