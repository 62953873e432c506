/**
 * The app of one test, on one platform, and what tests of Nest's own parts begin with. It is closed after each test.
 */
import "reflect-metadata";
import {
	type CallHandler,
	type ExecutionContext,
	type INestApplication,
	Module,
	type ModuleMetadata,
	type NestInterceptor,
} from "@nestjs/common";
import { type OpenOptions, openStream, type TestStream } from "@sse-service/testing";
import type { Middleware } from "@sse-service/testing/adapter";
import { map } from "rxjs";
import { createSSEService, type SSEService } from "sse-service";
import { afterEach, beforeEach, expect } from "vitest";
import { SseModule } from "../src/index.js";
import { type Platform, type RunningApp, startApp } from "./platform.js";

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An interceptor that adds a letter to what passes it. */
export function adding(letter: string): NestInterceptor {
	return {
		intercept: (_context: ExecutionContext, next: CallHandler) =>
			next.handle().pipe(map((item) => item + letter)),
	};
}

export interface AppFixture {
	/** The service of the app. A test that needs one with options sets it before `start`. */
	service: SSEService;
	/** The app started last. */
	readonly running: RunningApp;
	/** Starts an app with these parts, and the service unless they have their own. */
	start(
		metadata: ModuleMetadata,
		configure?: (app: INestApplication) => unknown,
		use?: readonly Middleware[],
	): Promise<void>;
	open(path: string, options?: OpenOptions): Promise<TestStream>;
	/** Opens a stream and reads it to its end. */
	read(path: string, options?: OpenOptions): Promise<unknown[]>;
	/** Opens a response that is no stream, and reads it. */
	answer(path: string): Promise<{ status: number; text: string }>;
}

/** Makes the fixture for the tests of this `describe`. */
export function useApp(platform: Platform): AppFixture {
	let service: SSEService;
	let running: RunningApp;

	beforeEach(() => {
		service = createSSEService();
	});

	afterEach(() => running.app.close());

	const open: AppFixture["open"] = (path, options) => openStream(running.url + path, options);

	return {
		get service() {
			return service;
		},
		set service(other) {
			service = other;
		},
		get running() {
			return running;
		},
		start: async (metadata, configure, use = []) => {
			@Module({ imports: [SseModule.forRoot({ service })], ...metadata })
			class App {}
			running = await startApp(App, platform, use, configure);
		},
		open,
		read: async (path, options) => {
			const stream = await open(path, options);
			expect(stream.status).toBe(200);
			expect(await stream.ended).toBe(true);
			return stream.events.map(({ data }) => data);
		},
		answer: async (path) => {
			const response = await open(path);
			await response.ended;
			expect(response.headers["content-type"]).not.toBe("text/event-stream");
			expect(service.stats().connectionsOpened).toBe(0);
			return { status: response.status, text: response.text };
		},
	};
}
