/**
 * What breaks while runs are produced and read.
 */
import type { Random } from "@sse-service/testing";
import { pause } from "../clock.js";
import type { RunEngine } from "./run-engine.js";
import type { RunMember } from "./run-member.js";

interface RunScene {
	readonly members: readonly RunMember[];
	/** The process that it affects, if it affects one. */
	readonly member: RunMember;
	readonly engine: RunEngine;
	readonly random: Random;
	readonly leaseMs: number;
	/** Cancels some runs, in some processes. */
	cancelSome(): Promise<void>;
	/** The clock that limits are held against. */
	now(): number;
}

export interface RunFault {
	readonly name: string;
	/** Whether producers may lose their lease. Default true. */
	readonly isDisturbing?: boolean;
	/** Whether the engine may lose what it acknowledged. */
	readonly isLossy?: boolean;
	readonly isHandOver?: boolean;
	/** Whether this engine can have this fault. */
	isPossible?(engine: RunEngine): boolean;
	/** Resolves when it is over. @returns the time from which others could notice it, by the clock of the scene */
	run(scene: RunScene): Promise<number>;
}

export const RUN_FAULTS: readonly RunFault[] = [
	{
		name: "calm",
		isDisturbing: false,
		run: async ({ cancelSome, now }) => {
			await cancelSome();
			return now();
		},
	},
	{
		name: "kill",
		run: async ({ member, random, now }) => {
			await member.kill("SIGKILL");
			const at = now();
			await pause(random.between(0, 1_500));
			await member.startAgain();
			return at;
		},
	},
	{
		name: "drain",
		isHandOver: true,
		run: async ({ member, now }) => {
			await member.kill("SIGTERM");
			const at = now();
			await member.startAgain();
			return at;
		},
	},
	{
		name: "freeze",
		run: async ({ member, random, leaseMs, now }) => {
			await member.kill("SIGSTOP");
			await pause(leaseMs + random.between(300, 1_500));
			await member.kill("SIGCONT");
			return now();
		},
	},
	{
		name: "cut",
		run: async ({ members, member, random, now }) => {
			const chosen = random.between(1, 2) === 1 ? [member] : members;
			for (const { proxy } of chosen) {
				proxy.isShut = true;
				proxy.cut();
			}
			await pause(random.between(0, 3_000));
			for (const { proxy } of chosen) proxy.isShut = false;
			return now();
		},
	},
	{
		name: "restart",
		// The last acknowledged writes may not have reached its files.
		isLossy: true,
		run: async ({ engine, random, cancelSome, now }) => {
			await Promise.all([engine.restart(random), cancelSome()]);
			return now();
		},
	},
	{
		name: "failover",
		isLossy: true,
		isPossible: ({ failOver }) => failOver !== undefined,
		run: async ({ engine, members, random, now }) => {
			await engine.failOver?.(members, random);
			return now();
		},
	},
	{
		name: "failover-cancel",
		isLossy: true,
		isPossible: ({ failOver }) => failOver !== undefined,
		run: async ({ engine, members, random, cancelSome, now }) => {
			await Promise.all([engine.failOver?.(members, random), cancelSome()]);
			return now();
		},
	},
	{
		name: "failover-hand-over",
		isLossy: true,
		isHandOver: true,
		isPossible: ({ failOver }) => failOver !== undefined,
		run: async ({ engine, members, member, random, now }) => {
			// They take the runs over when the replica misses the writes, and not before. Then they do it once more.
			const others = members.filter((each) => each !== member);
			await Promise.all(others.map((other) => other.kill("SIGSTOP")));
			await member.kill("SIGTERM");
			const failing = engine.failOver?.(members, random);
			await Promise.all(others.map((other) => other.kill("SIGCONT")));
			await failing;
			const at = now();
			await member.startAgain();
			return at;
		},
	},
	{
		name: "empty",
		isLossy: true,
		run: async ({ engine, now }) => {
			await engine.empty();
			return now();
		},
	},
];
