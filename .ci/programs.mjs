// What tests need besides Node and npm's packages, and where it is on this machine. Tests ask `findProgram(name)` and
// skip themselves when it answers undefined; `npm test` also tries to install it.

import { existsSync } from "node:fs";
import { run } from "./command.mjs";
import { installPackage } from "./debian.mjs";
import { isLongRun } from "./long-run.mjs";

/** A server is where Debian or Homebrew puts it. @param {string} name */
const serverPlaces = (name) =>
	["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(
		(folder) => `${folder}/${name}`,
	);

/**
 * The whole list, by the name of Debian's package: a program that is added here is looked for, installed, started once, and
 * reported when it is missing. `lighter` is a package that does the same in less time: the first place is its, and where it
 * cannot be installed any other place serves.
 *
 * @type {Record<string, { title: string, tests: string, variable: string, places: readonly string[], lighter?: string, inLongRuns?: true, trialFlag?: string }>}
 */
const PROGRAMS = {
	chromium: {
		title: "Chromium",
		tests: "browser tests",
		variable: "SSE_CHROMIUM",
		// The same engine without a desktop's windows: it starts and opens a page in a third of the CPU time.
		lighter: "chromium-headless-shell",
		places: [
			"/usr/bin/chromium-headless-shell",
			"/usr/bin/chromium",
			"/usr/bin/chromium-browser",
			"/usr/bin/google-chrome",
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
			"/Applications/Chromium.app/Contents/MacOS/Chromium",
		],
	},
	"redis-server": {
		title: "redis-server",
		tests: "tests over Redis",
		variable: "SSE_REDIS_SERVER",
		places: serverPlaces("redis-server"),
	},
	"nats-server": {
		title: "nats-server",
		tests: "tests over NATS",
		variable: "SSE_NATS_SERVER",
		places: serverPlaces("nats-server"),
	},
	"firefox-esr": {
		title: "Firefox",
		tests: "tests in Firefox",
		variable: "SSE_FIREFOX",
		places: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
		inLongRuns: true,
	},
	"webkit2gtk-driver": {
		title: "WebKitWebDriver",
		tests: "tests in WebKit",
		variable: "SSE_WEBKIT_DRIVER",
		places: ["/usr/bin/WebKitWebDriver"],
		trialFlag: "--help",
		inLongRuns: true,
	},
	xvfb: {
		title: "Xvfb",
		tests: "tests in WebKit, which needs a display",
		variable: "SSE_XVFB",
		places: ["/usr/bin/Xvfb"],
		trialFlag: "-help",
		inLongRuns: true,
	},
	nginx: {
		title: "nginx",
		tests: "tests behind it",
		variable: "SSE_NGINX",
		places: serverPlaces("nginx"),
		trialFlag: "-v",
		inLongRuns: true,
	},
	prometheus: {
		title: "Prometheus",
		tests: "tests of its alerts and dashboard",
		variable: "SSE_PROMETHEUS",
		places: serverPlaces("prometheus"),
	},
};

export const programs = Object.keys(PROGRAMS).filter(
	(name) => isLongRun || PROGRAMS[name]?.inLongRuns !== true,
);

/**
 * The path in the program's variable (empty: pretend there is none), else the first usual place that exists, else
 * undefined.
 * @param {string} name
 * @throws when it is not in the list
 */
export function findProgram(name, env = process.env) {
	return candidatesFor(name, env)[0];
}

/** @param {string} name */
function candidatesFor(name, env = process.env) {
	const { variable, places } = described(name);
	const named = env[variable];
	if (named === undefined) return places.filter((path) => existsSync(path));
	return named === "" ? [] : [named];
}

/**
 * A program that starts, installed from Debian if it must and can be; or why there is none.
 * @param {string} name
 * @returns {Promise<{ title: string, tests: string, variable: string } & ({ path: string } | { missing: string })>}
 */
export async function provideProgram(name) {
	const { title, tests, variable } = described(name);
	const found =
		process.env[variable] === "" ? { missing: `${variable} is empty` } : await get(name);
	return { title, tests, variable, ...found };
}

/** @param {string} name @returns {Promise<{ path: string } | { missing: string }>} */
async function get(name) {
	const { lighter, places, trialFlag = "--version", variable } = described(name);
	const isLight = process.env[variable] !== undefined || existsSync(places[0] ?? "");
	if (lighter !== undefined && !isLight) await installPackage(lighter);
	const problem = findProgram(name) === undefined ? await installPackage(name) : undefined;
	const candidates = candidatesFor(name);
	if (candidates.length === 0) return { missing: problem ?? "it is in no usual place" };
	for (const path of candidates) {
		if ((await run(path, [trialFlag])).ok) return { path };
	}
	return { missing: `${candidates[0]} does not start` };
}

/** @param {string} name */
function described(name) {
	const program = PROGRAMS[name];
	if (program === undefined) throw new Error(`${name} is none of ${Object.keys(PROGRAMS)}`);
	return program;
}
