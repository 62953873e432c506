/**
 * Scripts: what happens to a service and its clients, one step after the other, as fast-check generates it.
 */
import fc from "fast-check";
import type { Rules } from "./reference.js";

/** The clients: the first two are one on two devices. */
export const TABS = ["ada", "ada", "bob", "cleo"];

/**
 * What is sent to `news` and to nobody's group is bounded together; `own` has bounds of its own; the others keep the newest, the
 * jobs within bounds that they share.
 */
const GROUPS = ["news", "own", "prices", "board", "job:1", "job:2"];

const tab = fc.nat(TABS.length - 1);
const group = fc.constantFrom(...GROUPS);
const client = fc.constantFrom(...new Set(TABS));

const send = fc.record({
	do: fc.constant("send" as const),
	to: fc.oneof(
		fc.record({ group }),
		fc.record({ client }),
		fc.record({ client, group }),
		fc.constant({}),
	),
	except: fc.option(fc.oneof(fc.record({ client }), fc.record({ tab })), {
		nil: undefined,
		freq: 3,
	}),
	/** So often in a row. */
	times: fc.oneof(
		{ weight: 3, arbitrary: fc.constant(1) },
		{ weight: 1, arbitrary: fc.integer({ min: 2, max: 12 }) },
	),
	key: fc.option(fc.constantFrom("A", "B", "C"), { nil: undefined, freq: 1 }),
	ttlMs: fc.option(fc.constantFrom(0, 10, 100, 1_000), { nil: undefined, freq: 2 }),
	ownId: fc.option(fc.constantFrom("", "7", "a;b~", "\u2028id: 9"), { nil: undefined, freq: 2 }),
	/** Bytes of data. */
	size: fc.oneof(
		{ weight: 9, arbitrary: fc.constant(0) },
		{ weight: 1, arbitrary: fc.integer({ min: 10_000, max: 40_000 }) },
	),
	/** `publish` with this idempotency key. */
	once: fc.option(fc.constantFrom("one", "two"), { nil: undefined, freq: 8 }),
});

/** What happens in the turn in which a client has come. Little is sent, so that it fits behind what the client missed. */
const inTurn = fc.oneof(
	{ weight: 4, arbitrary: send.map((sent) => ({ ...sent, size: 0 })) },
	// To this connection alone, with this id.
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant("tell" as const),
			id: fc.option(fc.constantFrom("8", "a;b~"), { nil: undefined }),
		}),
	},
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("join" as const), group }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("leave" as const), group }) },
	// Reads whether it has resumed.
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("look" as const) }) },
);

const open = fc.record({
	do: fc.constant("open" as const),
	tab,
	groups: fc.subarray(GROUPS),
	/** The last event ID: none, an earlier one (0: the last that it was sent), or an invalid one; or it begins at the start. */
	from: fc.oneof(
		{ weight: 3, arbitrary: fc.constant("start" as const) },
		{ weight: 1, arbitrary: fc.constant("nowhere" as const) },
		{ weight: 10, arbitrary: fc.constant(0) },
		{ weight: 6, arbitrary: fc.nat(10) },
		{ weight: 1, arbitrary: fc.constant("garbage" as const) },
	),
	/** Sent while it is away, and in the turn in which it has come. */
	before: fc.array(send, { maxLength: 6, size: "max" }),
	after: fc.array(inTurn, { maxLength: 6, size: "max" }),
	/** Its client does not read from the start. */
	isSlow: fc.boolean(),
});

const step = fc.oneof(
	{ weight: 30, arbitrary: send },
	{ weight: 16, arbitrary: open },
	// How much its client has received of what was sent; the rest was on its way.
	{
		weight: 16,
		arbitrary: fc.record({
			do: fc.constant("cut" as const),
			tab,
			share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
		}),
	},
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("join" as const), tab, group }) },
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("leave" as const), tab, group }) },
	{
		weight: 6,
		arbitrary: fc.record({
			do: fc.constant("wait" as const),
			ms: fc.constantFrom(1, 10, 100, 1_000),
		}),
	},
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("pause" as const), tab }) },
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("read" as const), tab }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("end" as const), tab }) },
	{
		weight: 1,
		arbitrary: fc.record({ do: fc.constant("restart" as const), isOrderly: fc.boolean() }),
	},
);

/** What `recover` does. */
export type Recovery = "none" | "array" | "promise" | "generator" | "throws";

const setup = fc.record({
	maxEvents: fc.integer({ min: 5, max: 20 }),
	ownEvents: fc.integer({ min: 1, max: 5 }),
	boardEvents: fc.integer({ min: 1, max: 3 }),
	jobEvents: fc.integer({ min: 1, max: 5 }),
	maxAgeMs: fc.constantFrom(Infinity, 50, 500),
	ownAgeMs: fc.constantFrom(Infinity, 50, 500),
	slowPolicy: fc.constantFrom("close" as const, "conflate" as const, "drop-oldest" as const),
	recovery: fc.constantFrom<Recovery>("none", "none", "array", "promise", "generator", "throws"),
	heartbeatIntervalMs: fc.constantFrom(0, 0, 1),
	/** Whether each look at the clock ends a slice of a flush, as on a busy machine. */
	isBusy: fc.boolean(),
});

export const script = fc.record({
	setup,
	/** The groups in which each client is at first. */
	groups: fc.tuple(...TABS.map(() => fc.subarray(GROUPS))),
	steps: fc.array(step, { minLength: 20, maxLength: 60, size: "max" }),
});

export type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;
export type Setup = Script["setup"];
export type Step = Script["steps"][number];
export type Send = Extract<Step, { readonly do: "send" }>;
export type Open = Extract<Step, { readonly do: "open" }>;

export function rulesOf(setup: Setup): Rules {
	const { maxEvents, ownEvents, boardEvents, jobEvents, maxAgeMs, ownAgeMs } = setup;
	return {
		byDefault: { maxEvents, maxAgeMs, latest: false },
		ofGroups: new Map([
			["own", { maxEvents: ownEvents, maxAgeMs: ownAgeMs, latest: false }],
			["prices", { maxEvents, maxAgeMs: Infinity, latest: true }],
			["board", { maxEvents: boardEvents, maxAgeMs: Infinity, latest: true }],
			["job:*", { maxEvents: jobEvents, maxAgeMs: Infinity, latest: true }],
		]),
	};
}
