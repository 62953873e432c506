// Where the links of a packed package's pages lead. A link that leaves the package leads within this repository only, so the
// README says where its target is once the package is installed, or that it is not published.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { run } from "./command.mjs";
import { workspacePackages } from "./workspace.mjs";

const CODE = /^ *(`{3,}).*\n[\s\S]*?^ *\1$|`[^`\n]+`/gm;

/**
 * @param {string} file a tarball @param {import("./workspace.mjs").Package} own
 * @returns {Promise<import("./report.mjs").Verdict>}
 */
export async function checkPackedLinks(file, own) {
	const dir = mkdtempSync(join(tmpdir(), "sse-service-links-"));
	try {
		const unpacked = await run("tar", ["-xzf", file, "-C", dir, "--strip-components=1"]);
		if (!unpacked.ok) return unpacked;
		const readme = readFileSync(join(dir, "README.md"), "utf8");
		/** @type {string[]} */
		const complaints = [];
		for (const page of pagesOf(dir)) {
			for (const link of linksOf(readFileSync(join(dir, page), "utf8"))) {
				const path = join(dirname(page), link);
				if (!path.startsWith("..")) {
					if (!existsSync(join(dir, path))) complaints.push(`${page}: ${link} is not packed`);
					continue;
				}
				const place = placeOf(join(own.dir, path));
				if (readme.includes(place)) continue;
				complaints.push(`${page}: ${link} leaves the package: README.md must say "${place}"`);
			}
		}
		return { ok: complaints.length === 0, output: complaints.join("\n") };
	} finally {
		rmSync(dir, { recursive: true });
	}
}

/** @param {string} dir @returns {string[]} */
function pagesOf(dir) {
	return readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) =>
		name.endsWith(".md"),
	);
}

/** The paths to which a page's links lead. @param {string} text */
function linksOf(text) {
	const links = text.replace(CODE, "").matchAll(/\]\(([^)\s#]+)/g);
	return Array.from(links, ([, link = ""]) => link).filter((link) => !/^\w+:/.test(link));
}

/** What a README says of a path of this repository: where it is in an installation. @param {string} path */
function placeOf(path) {
	const target = workspacePackages().find(({ dir }) => !relative(dir, path).startsWith(".."));
	const isPublished = target !== undefined && target.manifest.private !== true;
	if (!isPublished || !isPacked(target, relative(target.dir, path))) return "not published";
	const [scope, name] = target.name.split("/");
	return name === undefined ? `node_modules/${scope}\`` : `node_modules/${scope}/`;
}

/** Whether a path within a package is in its tarball. @param {import("./workspace.mjs").Package} own @param {string} path */
function isPacked({ manifest: { files = [] } }, path) {
	const [entry = ""] = path.split(sep);
	return ["", "README.md", ...files].includes(entry);
}
