/**
 * What is Nest's own: enhancers around a route that streams, what handlers may return, modules and injection.
 */
import nestCore from "@nestjs/core/package.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import { SseModule } from "../src/index.js";
import { useApp } from "./app.js";
import { claimConnect } from "./claims/connect-claims.js";
import { claimFailures } from "./claims/failure-claims.js";
import { claimFastify } from "./claims/fastify-claims.js";
import { claimItems } from "./claims/item-claims.js";
import { claimModule } from "./claims/module-claims.js";
import { claimRoutes } from "./claims/route-claims.js";
import { claimSources } from "./claims/source-claims.js";
import { NEST, PLATFORMS } from "./platform.js";

it("these tests run on the Nest version they are for", () => {
	expect(nestCore.version.split(".")[0]).toBe(NEST);
});

describe.each(PLATFORMS)(`Nest ${NEST} on %s`, (platform) => {
	const its = useApp(platform);
	claimRoutes(its);
	claimItems(its);
	claimSources(its);
	claimFailures(its);
	claimConnect(its);
	claimModule(its);
	// Not skipped elsewhere: it cannot exist there.
	if (platform === "platform-fastify") claimFastify(its);
});

it.each([
	["an empty name", () => SseModule.forRoot({ name: "" })],
	["forRootAsync without a factory", () => SseModule.forRootAsync({})],
])("%s is refused", (_name, make) => {
	expect(make).toThrow(expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }));
});
