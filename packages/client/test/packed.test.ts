/**
 * The package as it is published, in a project for Node that has no types of the DOM and checks those of its packages.
 * `BodyInit`, `HeadersInit` and `RequestCredentials`, which Node's types do not name, were errors there.
 */
import { createProject } from "@sse-service/testing/project";
import { expect, it, onTestFinished } from "vitest";

const PROGRAM = `
import { openStream } from "@sse-service/client";

const stream = openStream<{ tick: { price: number } }>("http://localhost:3000/events", {
	method: "POST",
	body: () => JSON.stringify({ symbols: ["ACME"] }),
	headers: async () => ({ authorization: "Bearer token" }),
	credentials: "include",
});
stream.on("tick", ({ data }) => console.log(data.price.toFixed(2)));
// @ts-expect-error a body is not a number
openStream("/events", { method: "POST", body: 7 });
`;

it("its types need nothing of the DOM", async () => {
	const project = await createProject({ packages: ["@sse-service/client"], type: "module" });
	onTestFinished(() => project.remove());
	project.write("ticker.ts", PROGRAM);
	const options = ["--noEmit", "--target", "es2022", "--lib", "es2022", "--types", "node"];
	expect(await project.compile(["ticker.ts", ...options])).toBe("");
});
