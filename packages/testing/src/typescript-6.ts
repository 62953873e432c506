/**
 * TypeScript 6 over files of a project, in this process: what is parsed once for one compilation, the declarations of the
 * language and of Node above all, serves the next.
 */
import { dirname, join } from "node:path";
import ts from "typescript";

/** Declarations of the language, which are the same in every format. */
const OF_LANGUAGE = dirname(ts.getDefaultLibFilePath({}));

/** Parsed files from outside of all projects, by name and by what they are parsed as. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** As `compileIn` does; `args` are all arguments. */
export function compileByTypeScript6(dir: string, args: readonly string[]): string {
	const { options, fileNames, errors } = ts.parseCommandLine([...args]);
	const host = sharingHost(options, dir);
	const program = ts.createProgram(
		fileNames.map((name) => join(dir, name)),
		options,
		host,
	);
	const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${dir}/`));
	const said = [
		...errors,
		...program.getOptionsDiagnostics(),
		...program.getGlobalDiagnostics(),
		...own.flatMap((file) => program.getSyntacticDiagnostics(file)),
		...own.flatMap((file) => program.getSemanticDiagnostics(file)),
	];
	// One by one: to emit all at once it would check whatever is in the program.
	for (const file of own) if (!file.isDeclarationFile) program.emit(file);
	return ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(said), host);
}

function sharingHost(options: ts.CompilerOptions, dir: string): ts.CompilerHost {
	const host = ts.createCompilerHost(options);
	const parse = host.getSourceFile.bind(host);
	host.getCurrentDirectory = () => dir;
	// As the compiler's command reads them. By default all comments are parsed, which takes a fifth of the time.
	host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
	host.getSourceFile = (name, how, ...more) => {
		if (name.startsWith(`${dir}/`)) return parse(name, how, ...more);
		const format = typeof how === "object" ? how.impliedNodeFormat : undefined;
		const as = name.startsWith(OF_LANGUAGE) ? [] : [format, options.module];
		const key = [name, options.target, ...as].join(" ");
		if (!parsed.has(key)) parsed.set(key, parse(name, how, ...more));
		return parsed.get(key);
	};
	return host;
}
