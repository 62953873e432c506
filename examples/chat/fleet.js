/**
 * The fleet: three processes over one Redis, and one address in front of them. A process that is killed is started again.
 */
import { fileURLToPath } from "node:url";
import { createBalancer } from "example-shared/balancer";
import { createMember, ready, restartInTurn } from "example-shared/member";
import { createRedis } from "example-shared/redis";

/**
 * @import { State } from "example-shared/member"
 */

/**
 * How the processes are, as every tab is shown it. `writing`: how many answers it writes.
 * @typedef {{ servers: readonly { name: string, state: State, pid: number | undefined, writing?: number }[] }} Fleet
 * @typedef {{ isReady: boolean, writing: number }} Report
 */

const SERVER = fileURLToPath(new URL("./server.js", import.meta.url));
const NAMES = ["teal", "violet", "amber"];
/** What changes together is reported at once. */
const TELL_MS = 100;

export function createFleet() {
	/** @type {NodeJS.Timeout | undefined} */
	let telling;
	let isDeploying = false;
	let isClosing = false;
	const redis = createRedis(tellSoon);
	/** @type {Readonly<Record<string, () => unknown>>} */
	let wishes = {};
	const host = {
		onChange: tellSoon,
		onReport: tellSoon,
		onWish: (/** @type {string} */ wish) => Object.hasOwn(wishes, wish) && wishes[wish]?.(),
	};
	/** @type {ReturnType<typeof createMember<Fleet, Report>>[]} */
	const members = NAMES.map((name) => createMember(name, SERVER, () => redis.url, host));
	wishes = {
		...Object.fromEntries(members.map(({ name, kill }) => [`kill ${name}`, kill])),
		deploy,
	};
	const balancer = createBalancer(() => members.flatMap(({ port }) => port ?? []));

	async function deploy() {
		if (isDeploying) return;
		isDeploying = true;
		await restartInTurn(members, 0, () => isClosing);
		isDeploying = false;
	}

	function tellSoon() {
		telling ??= setTimeout(() => {
			telling = undefined;
			const servers = members.map((member) => member.look());
			for (const member of members) member.tell({ servers });
		}, TELL_MS);
	}

	return {
		/** @param {number | string} port 0: a free one @param {string} host @returns the URL, when all are ready */
		async listen(port, host) {
			const url = await balancer.listen(port, host);
			await redis.start();
			for (const member of members) member.start();
			await ready(members);
			return url;
		},

		/** Everything ends, and nothing is left. */
		async close() {
			isClosing = true;
			clearTimeout(telling);
			await Promise.all(members.map((member) => member.close(0)));
			balancer.close();
			await redis.end();
		},
	};
}
