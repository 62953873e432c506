// Where Chromium is on this machine. The browser tests ask `findChromium()` and skip themselves when it answers
// undefined; `npm test` also tries to install it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";

const PLACES = [
	"/usr/bin/chromium",
	"/usr/bin/chromium-browser",
	"/usr/bin/google-chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The path in SSE_CHROMIUM (empty: pretend there is none), else the first usual place that exists, else undefined. */
export function findChromium(env = process.env) {
	const told = env.SSE_CHROMIUM;
	return told === undefined ? PLACES.find((path) => existsSync(path)) : told || undefined;
}

/**
 * A Chromium that starts, installed from Debian if it must and can be; or why there is none.
 * @returns {Promise<{ path: string } | { missing: string }>}
 */
export async function provideChromium() {
	const told = process.env.SSE_CHROMIUM;
	if (told === "") return { missing: "SSE_CHROMIUM is empty" };
	const path = findChromium();
	if (path !== undefined) return check(path);
	if (process.platform !== "linux" || !onPath("apt-get")) return { missing: "no apt-get" };
	if (process.getuid?.() !== 0) return { missing: "not root" };

	console.log("..    installing Chromium with apt-get");
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const install = () =>
		run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], { env });
	let installed = await install();
	if (!installed.ok) {
		await run("apt-get", ["update"], { env });
		installed = await install();
	}
	const found = findChromium();
	if (found !== undefined) return check(found);
	return { missing: `apt-get install: ${installed.output.trim().split("\n").at(-1)}` };
}

/** @param {string} path */
async function check(path) {
	const answer = await run(path, ["--version"], { timeoutMs: 30_000 });
	return answer.ok ? { path } : { missing: `${path} does not start` };
}

/** @param {string} command */
function onPath(command) {
	return (process.env.PATH ?? "").split(":").some((dir) => existsSync(join(dir, command)));
}
