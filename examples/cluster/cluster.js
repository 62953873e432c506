/**
 * The cluster: a Redis, three processes over it, one address in front of them, a Prometheus that watches them, and what can be done
 * to all of these.
 */
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createBalancer } from "example-shared/balancer";
import { createMember, ready, restartInTurn } from "example-shared/member";
import { createRedis } from "example-shared/redis";
import { startCounting } from "./counter.js";
import { createPrometheus } from "./prometheus.js";

/**
 * @import { PrometheusState } from "./prometheus.js"
 * @import { Report } from "./server.js"
 * @import { State } from "example-shared/member"
 */

/**
 * How things stand, as every tab is shown it.
 * @typedef {object} Fleet
 * @property {readonly (Partial<Report> & { name: string, state: State, pid: number | undefined, port: number })[]} servers
 * @property {{ isUp: boolean, pid: number | undefined }} redis
 * @property {PrometheusState} prometheus
 * @property {boolean} isDeploying
 * @property {readonly Happening[]} happenings The last ones, oldest first.
 *
 * @typedef {{ id: number, at: number, text: string, server: string | undefined }} Happening `server`: what it happened to, if that is one.
 */

const SERVER = fileURLToPath(new URL("./server.js", import.meta.url));
const NAMES = ["teal", "violet", "amber"];
/** How long a process takes to end its streams when a new version is deployed. */
const DRAIN_MS = 800;
const REDIS_AWAY_MS = 2_000;
const MAX_HAPPENINGS = 50;
/** What changes together is reported at once. */
const TELL_MS = 100;

export function createCluster() {
	/** @type {Happening[]} */
	const happenings = [];
	let count = 0;
	let isDeploying = false;
	let isClosing = false;
	let stopCounting = () => {};
	/** @type {NodeJS.Timeout | undefined} */
	let telling;

	const redis = createRedis(() => note(redis.isUp ? "Redis is up" : "Redis is down"));
	const prometheus = createPrometheus(tellSoon);
	const host = { onChange: note, onReport: tellSoon, onWish: obey };
	/** @type {ReturnType<typeof createMember<Fleet, Report>>[]} */
	const members = NAMES.map((name) => createMember(name, SERVER, () => redis.url, host));
	const balancer = createBalancer(() => members.flatMap(({ port }) => port ?? []));

	/** @param {string} text @param {string} [server] */
	function note(text, server) {
		happenings.push({ id: count++, at: Date.now(), text, server });
		if (happenings.length > MAX_HAPPENINGS) happenings.shift();
		tellSoon();
	}

	function tellSoon() {
		telling ??= setTimeout(() => {
			telling = undefined;
			const servers = members.map((member) => member.look());
			const { isUp, pid } = redis;
			prometheus.watch(servers.filter(({ state }) => state === "up"));
			for (const member of members) {
				member.tell({
					servers,
					redis: { isUp, pid },
					prometheus: prometheus.look(),
					isDeploying,
					happenings,
				});
			}
		}, TELL_MS);
	}

	/** @type {Readonly<Record<string, () => unknown>>} */
	const wishes = {
		...Object.fromEntries(members.map(({ name, kill }) => [`kill ${name}`, kill])),
		deploy,
		"kill redis": breakRedis,
		forget,
	};

	/** @param {string} wish */
	async function obey(wish) {
		if (!Object.hasOwn(wishes, wish)) return;
		try {
			await wishes[wish]?.();
		} catch (error) {
			note(/** @type {Error} */ (error).message);
		}
	}

	/** A rolling deploy: one process after the other, each when the one before is ready. */
	async function deploy() {
		if (isDeploying) return;
		isDeploying = true;
		note("A new version is deployed");
		await restartInTurn(members, DRAIN_MS, () => isClosing);
		if (isClosing) return;
		isDeploying = false;
		note("The new version is everywhere");
	}

	async function breakRedis() {
		if (!redis.isUp) return;
		await redis.kill();
		await pause(REDIS_AWAY_MS);
		if (!isClosing) await redis.start();
	}

	async function forget() {
		if (!redis.isUp) return;
		await redis.forget();
		note("Redis has forgotten everything");
	}

	return {
		/** @param {number | string} port 0: a free one @param {string} host @returns the URL, when all are ready */
		async listen(port, host) {
			const url = await balancer.listen(port, host);
			void prometheus.start();
			await redis.start();
			for (const member of members) member.start();
			await ready(members);
			stopCounting = startCounting(url);
			return url;
		},

		/** Everything ends, and nothing is left. */
		async close() {
			isClosing = true;
			stopCounting();
			clearTimeout(telling);
			await Promise.all(members.map((member) => member.close(0)));
			balancer.close();
			await Promise.all([redis.end(), prometheus.end()]);
		},
	};
}
