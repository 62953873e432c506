/**
 * The app of one test, on an adapter and its framework. After each test the app is closed, and nothing may have been written to
 * the console, warned about or left unhandled.
 */
import { afterEach, beforeEach, expect, type MockInstance, vi } from "vitest";
import cannotExist from "../cannot-exist.json" with { type: "json" };
import { type Complaints, collectComplaints } from "../complaints.js";
import { openStream } from "../stream.js";
import { settled } from "../waiting.js";
import type {
	AdapterConnection,
	AdapterContext,
	AdapterHarness,
	AdapterSetup,
	RunningAdapter,
} from "./adapter-types.js";

declare module "vitest" {
	interface TaskMeta {
		/** The adapter whose claim a test is, for the table made from the reports of the tests. */
		adapter?: string;
	}
}

const CONSOLE = ["debug", "error", "info", "log", "warn"] as const;

/** The figures of a service without connections. */
export const nobody = { connections: 0, clients: 0, groups: 0 };

/** An error with a status, which every framework answers with that status. */
export function unauthorized(): Error {
	return Object.assign(new Error("sign in first"), { statusCode: 401 });
}

export function canExist(adapter: string, claim: string): boolean {
	return !cannotExist.claims.some((each) => adapter.includes(each.adapter) && each.claim === claim);
}

export interface AdapterFixture {
	readonly name: string;
	readonly harness: AdapterHarness;
	/** The app started last. */
	readonly app: RunningAdapter;
	/** The connections that `events` has opened in this test. */
	readonly connections: AdapterConnection[];
	/** A route that opens a stream. */
	events(context: AdapterContext): Promise<void>;
	/** Starts the app; by default with `events` at `/events`. */
	start(setup?: Partial<AdapterSetup>): Promise<void>;
	open(path?: string, options?: Parameters<typeof openStream>[1]): ReturnType<typeof openStream>;
	port(): number;
}

/** Makes the fixture for the tests of this `describe`. */
export function useAdapter(name: string, harness: AdapterHarness): AdapterFixture {
	let app: RunningAdapter;
	let connections: AdapterConnection[];
	let spies: MockInstance[];
	let complaints: Complaints;

	beforeEach(({ task }) => {
		task.meta.adapter = name;
		connections = [];
		spies = CONSOLE.map((level) => vi.spyOn(console, level));
		complaints = collectComplaints("warning", "unhandledRejection");
	});

	afterEach(async () => {
		await settled(app.close(), "the app to close");
		const reported = complaints.stop();
		// Of every claim: nothing is written to the console, and nothing is warned of or left unhandled.
		for (const spy of spies) expect(spy).not.toHaveBeenCalled();
		vi.restoreAllMocks();
		expect(reported).toEqual([]);
	});

	const events = async (context: AdapterContext): Promise<void> => {
		connections.push(await context.open());
	};
	return {
		name,
		harness,
		get app() {
			return app;
		},
		get connections() {
			return connections;
		},
		events,
		async start(setup = {}) {
			app = await harness.start({ routes: { "/events": events }, ...setup });
		},
		open: (path = "/events", options = {}) => openStream(app.url + path, options),
		port: () => Number(new URL(app.url).port),
	};
}
