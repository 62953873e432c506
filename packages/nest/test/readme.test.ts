/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { RequestMethod } from "@nestjs/common";
import { METHOD_METADATA } from "@nestjs/common/constants.js";
import { describeAdapterReadme } from "@sse-service/testing/adapter-readme";
import { codeOf } from "@sse-service/testing/markdown";
import { describe, expect, it } from "vitest";
import * as nest from "../src/index.js";
import { SseModule, SseService, SseStream, type SseStreamOptions } from "../src/index.js";

const { table, namesIn } = describeAdapterReadme({
	folder: join(import.meta.dirname, ".."),
	program: "main.ts",
	imports: ["@nestjs/common", "@nestjs/core", "reflect-metadata", "rxjs"],
	// As `nest new` of Nest 12 writes it.
	type: "module",
	// Nest sends itself the signal again when its shutdown hooks are done.
	end: "SIGTERM",
});

describe("the tables", () => {
	it("calls: each is there, and nothing else is exported", () => {
		const calls = table("calls").rows.flatMap(([call = ""]) =>
			codeOf(call).map((code) => code.replace(/^@|\(.*/g, "")),
		);
		const forms = Object.getOwnPropertyNames(SseModule).filter((name) => name.startsWith("for"));
		const exported = Object.keys(nest).filter((name) => name !== "SseModule");
		const named = [...exported, ...forms.map((form) => `SseModule.${form}`), "sse.connect"];
		expect(calls.toSorted()).toEqual(named.toSorted());
	});

	it("calls: the service has the methods that are named, and no other", () => {
		const row = table("calls").rows.find(([call]) => call === "`SseService`");
		const methods = Object.getOwnPropertyNames(SseService.prototype);
		const named = ["constructor", ...codeOf(row?.[1] ?? "")];
		expect(named.toSorted()).toEqual(methods.toSorted());
	});

	it("options: each is one, with its default", () => {
		expect(namesIn("options")).toEqual([
			["service", undefined],
			["name", undefined],
			["isGlobal", "true"],
			[undefined, undefined],
		]);
		const unnamed = SseModule.forRoot();
		expect(unnamed.global).toBe(true);
		expect(unnamed.exports).toEqual([SseService]);
		expect(SseModule.forRoot({ name: "admin", isGlobal: false }).global).toBe(false);
	});

	it("stream options: these are all, each with its default", () => {
		const options: Record<keyof SseStreamOptions, string | undefined> = {
			params: undefined,
			toEvent: undefined,
			method: "RequestMethod.GET",
			service: undefined,
		};
		expect(namesIn("stream options")).toEqual(Object.entries(options));

		class Streams {
			@SseStream()
			events() {}
		}
		const method = Reflect.getMetadata(METHOD_METADATA, Streams.prototype.events);
		expect(method).toBe(RequestMethod.GET);
	});
});
