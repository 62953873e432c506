// Installs Debian's packages, and starts no service by that: a server that tests need is started by them, on a port of
// its own.

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { onPath, run } from "./command.mjs";

/** The place where Debian's packages ask whether they may start what they install. */
const POLICY = "/usr/sbin/policy-rc.d";
const NOTHING_STARTS = "#!/bin/sh\nexit 101\n";

/**
 * Installs one package. Answers why it could not, or undefined.
 * @param {string} name @returns {Promise<string | undefined>}
 */
export async function installPackage(name) {
	if (process.platform !== "linux" || !onPath("apt-get")) return "no apt-get";
	if (process.getuid?.() !== 0) return "not root";

	console.log(`..    installing ${name} with apt-get`);
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const install = () => run("apt-get", ["install", "-y", "--no-install-recommends", name], { env });
	const permit = forbidStarting();
	try {
		let installed = await install();
		if (!installed.ok) {
			await run("apt-get", ["update"], { env });
			installed = await install();
		}
		if (!installed.ok) return `apt-get install: ${installed.output.trim().split("\n").at(-1)}`;
	} finally {
		permit();
	}
	// Nor is it started with the machine. There may be no such service, or no systemd.
	await run("systemctl", ["disable", name], { env });
	return undefined;
}

/** Answers what lifts the ban again. One that was there already stays. */
function forbidStarting() {
	if (existsSync(POLICY)) return () => {};
	writeFileSync(POLICY, NOTHING_STARTS, { mode: 0o755 });
	return () => rmSync(POLICY, { force: true });
}
