/**
 * Faults of a process.
 */
import { pause } from "../clock.js";
import type { Fault } from "./fault.js";

export const PROCESS_FAULTS: readonly Fault[] = [
	{
		name: "kill",
		kind: "process",
		run: async ({ member, random, tell }) => {
			await member.kill();
			tell("is killed");
			await pause(random.between(0, 2_000));
			await member.startAgain();
			tell("is started again");
		},
	},
	{
		name: "drain",
		kind: "process",
		run: async ({ member, tell }) => {
			tell("drains");
			await member.end();
			await member.startAgain();
			tell("is started again");
		},
	},
	{
		name: "freeze",
		kind: "process",
		isOutage: true,
		run: async ({ member, random, tell }) => {
			await member.freeze();
			tell("stands still");
			// Longer than publishing may take, and clients wait for a heartbeat.
			await pause(random.between(4_000, 12_000));
			await member.thaw();
			tell("continues");
		},
	},
];
