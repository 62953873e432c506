// `npm run api`: the API reference of the core, packages/core/docs/api, written from the doc comments by TypeDoc. `npm run
// check` compares it.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./workspace.mjs";

const CORE = join(root, "packages", "core");
const FOLDER = join(CORE, "docs", "api");

/** Whether the reference says what the doc comments say. @returns {Promise<import("./report.mjs").Verdict>} */
export async function checkApiDocs() {
	const folder = mkdtempSync(join(tmpdir(), "sse-service-api-"));
	try {
		const problems = await writeApiDocs(folder);
		const [before, after] = [contentsOf(FOLDER), contentsOf(folder)];
		const stale = Object.keys({ ...before, ...after }).filter(
			(name) => before[name] !== after[name],
		);
		if (stale.length > 0) {
			const files = stale.map((name) => relative(root, join(FOLDER, name)));
			problems.push(`${files.join(", ")} is not current: npm run api`);
		}
		return { ok: problems.length === 0, output: problems.join("\n") };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** Answers TypeDoc's warnings: a link that leads nowhere, a type that is not exported. @param {string} folder */
async function writeApiDocs(folder) {
	// Here, because `npm test` loads this file before it has installed anything.
	const { Application, Logger, LogLevel } = await import("typedoc");
	const entryPoints = doors();
	/** @type {import("typedoc").TypeDocOptions & import("typedoc-plugin-markdown").PluginOptions} */
	const options = {
		entryPoints,
		tsconfig: join(CORE, "tsconfig.json"),
		out: folder,
		plugin: ["typedoc-plugin-markdown"],
		readme: "none",
		// Until the logger below takes over.
		logLevel: "Warn",
		sort: ["source-order"],
		// The checks of types have their own step.
		skipErrorChecking: true,
		disableSources: true,
		excludeExternals: true,
		excludeInternal: true,
		excludePrivate: true,
		// Types that a signature names and that nobody imports.
		intentionallyNotExported: ["EventFields", "Frame", "Recover", "SinkState"],
		// One page for each door.
		router: "module",
		pageTitleTemplates: {
			index: "API",
			module: ({ name }) => (name === "index" ? "sse-service" : `sse-service/${name}`),
		},
		hideBreadcrumbs: true,
		hidePageHeader: true,
		useCodeBlocks: true,
		parametersFormat: "table",
		interfacePropertiesFormat: "table",
		classPropertiesFormat: "table",
		typeDeclarationFormat: "table",
		tableColumnSettings: {
			hideDefaults: true,
			hideInherited: true,
			hideModifiers: true,
			hideOverrides: true,
		},
	};
	const app = await Application.bootstrapWithPlugins(options);
	// Without the tests, which the core's tsconfig.json names as well: all that they import takes a third of the time.
	app.options.setCompilerOptions(
		entryPoints,
		app.options.getCompilerOptions(app.logger),
		undefined,
	);
	/** @type {string[]} */
	const complaints = [];
	app.logger = new (class extends Logger {
		/** @override @param {string} message @param {import("typedoc").LogLevel} level */
		log(message, level) {
			if (level >= LogLevel.Warn) complaints.push(message);
		}
	})();
	const project = await app.convert();
	if (project === undefined) return complaints;
	app.validate(project);
	await app.generateOutputs(project);
	return complaints;
}

/** What others import, that of applications first. */
function doors() {
	const source = join(CORE, "src");
	const files = readdirSync(source).filter((name) => name.endsWith(".ts") && name !== "index.ts");
	return ["index.ts", ...files.sort()].map((name) => join(source, name));
}

/** The texts of a folder's files, by name. @param {string} folder @returns {Record<string, string>} */
function contentsOf(folder) {
	const names = readdirSync(folder);
	return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const complaints = await writeApiDocs(FOLDER);
	for (const complaint of complaints) console.log(complaint);
	if (complaints.length > 0) process.exitCode = 1;
}
