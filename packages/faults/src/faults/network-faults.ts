/**
 * Faults of the connections between processes and the engine.
 */

import type { Way } from "@sse-service/testing/tcp-proxy";
import { pause } from "../clock.js";
import type { Member } from "../fleet/member.js";
import type { Fault, Scene } from "./fault.js";

/** Longer than it takes to see that nothing is delivered: 4 s, looked at every 2 s. */
const MUTE_MS = [8_000, 14_000] as const;

export const NETWORK_FAULTS: readonly Fault[] = [
	{
		name: "cut",
		kind: "network",
		run: async (scene) => {
			for (const { proxy } of some(scene)) proxy.cut();
		},
	},
	{
		name: "shut",
		kind: "network",
		isOutage: true,
		run: async (scene) => {
			const members = some(scene);
			for (const { proxy } of members) {
				proxy.isShut = true;
				proxy.cut();
			}
			await scene.untilUnready(members);
			await pause(scene.random.between(0, 3_000));
			for (const { proxy } of members) proxy.isShut = false;
			scene.tell("can connect again");
		},
	},
	mute("towards"),
	mute("back"),
	{
		// This may be the connection on which the log is followed. Only the silence shows that it is broken.
		name: "mute-one",
		kind: "network",
		isOutage: true,
		run: async ({ member: { proxy }, random, tell }) => {
			const index = random.between(0, proxy.size - 1);
			proxy.mute("back", index);
			tell(`is given nothing on connection ${index} of ${proxy.size}`);
			await pause(random.between(...MUTE_MS));
			proxy.cutMuted();
			tell("has no such connection now");
		},
	},
	{
		name: "hold",
		kind: "network",
		isOutage: true,
		run: async (scene) => {
			const members = some(scene);
			for (const { proxy } of members) proxy.hold();
			await pause(scene.random.between(500, 10_000));
			for (const { proxy } of members) proxy.release();
			scene.tell("is given all that was held back");
		},
	},
	{
		name: "delay",
		kind: "network",
		isOutage: true,
		run: async (scene) => {
			const members = some(scene);
			for (const { proxy } of members) proxy.delayMs = scene.random.between(20, 500);
			await pause(scene.random.between(1_000, 5_000));
			for (const { proxy } of members) proxy.delayMs = 0;
			scene.tell("has no delay now");
		},
	},
];

function mute(way: Way): Fault {
	return {
		name: `mute-${way}`,
		kind: "network",
		isOutage: true,
		run: async (scene) => {
			const members = some(scene);
			for (const { proxy } of members) {
				proxy.mute(way);
				proxy.muted.add(way);
			}
			await scene.untilUnready(members);
			await pause(scene.random.between(0, 3_000));
			for (const { proxy } of members) {
				proxy.muted.delete(way);
				// In the end a network reports that.
				proxy.cutMuted();
			}
			scene.tell("can be heard again");
		},
	};
}

/** One process, or all. */
function some({ fleet, member, random, tell }: Scene): readonly Member[] {
	const isOne = random.between(1, 2) === 1;
	if (!isOne) tell("all of them");
	return isOne ? [member] : fleet.members;
}
