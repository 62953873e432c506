/** Claims about services: two of an app, standalone streams, and the default service. */
import { expect, it } from "vitest";
import { eventually } from "../waiting.js";
import type { AdapterFixture } from "./adapter-fixture.js";

export function claimServices(its: AdapterFixture): void {
	const { events, open, start } = its;

	it("two services in one app stay apart", async () => {
		await start({ routes: { "/events": events, "/second/events": events } });
		const one = await open();
		const other = await open("/second/events");
		expect(its.app.service.send("all", "one")).toBe(1);
		expect(its.app.second.send("all", "other")).toBe(1);
		expect(await one.take(1)).toEqual([{ data: "one" }]);
		expect(await other.take(1)).toEqual([{ data: "other" }]);
	});

	it("a standalone stream receives what its handle sends, and nothing that is sent to its client or to everyone", async () => {
		await start({
			routes: {
				"/standalone": async (context) => {
					its.connections.push(await context.open({ standalone: true }));
				},
				"/events": events,
			},
		});
		const stream = await open("/standalone");
		await eventually(() => its.connections.length === 1);
		const other = await open();
		const [handle] = its.connections;
		expect(its.app.service.send("all", "to everyone")).toBe(1);
		expect(its.app.service.send({ client: handle?.clientId ?? "" }, "to its client")).toBe(0);
		expect(handle?.send("its own")).toBe(1);
		expect(await other.take(1)).toEqual([{ data: "to everyone" }]);
		expect(await stream.take(1)).toEqual([{ data: "its own" }]);
		expect(its.app.service.stats()).toMatchObject({ connections: 2, groups: 1 });
	});

	it("an ESM app and a CommonJS dependency share the default service, which outlives the app", async () => {
		await start({ byDefault: true });
		const stream = await open();
		expect(its.harness.commonJs.sendSSEToAll("shared")).toBe(1);
		expect(await stream.take(1)).toEqual([{ data: "shared" }]);
		await its.app.close();
		expect(await stream.ended).toBe(true);
		await start({ byDefault: true });
		const next = await open();
		expect(its.harness.commonJs.sendSSEToAll("again")).toBe(1);
		expect(await next.take(1)).toEqual([{ data: "again" }]);
	});

	it("the next app of a process may configure the default service again, once the previous app has closed", async () => {
		// As in a process that has just begun.
		Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));
		const opened: string[] = [];
		for (const name of ["first", "second"]) {
			await start({ byDefault: true, onConnect: () => opened.push(name) });
			const stream = await open();
			expect(its.harness.commonJs.sendSSEToAll(name)).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: name }]);
			await its.app.close();
		}
		expect(opened).toEqual(["first", "second"]);
	});
}
