/**
 * Rules of options: what each is by default, and what it must be. All options that are passed once are read by these rules.
 */
import { checkObject, invalid, SSEError, shown } from "./errors.js";
import { didYouMean } from "./near.js";

/** What a value must be, in words, and the test for it. */
export type Rule = readonly [text: string, test: (value: unknown) => boolean];

/** One rule per option. An option without a default is required, unless its rule is `optional`. */
export type OptionRules<Options> = {
	readonly [Name in keyof Options]: readonly [byDefault: Options[Name] | undefined, rule: Rule];
};

/**
 * Options with every default filled in; `undefined` counts as omitted.
 *
 * @param name what they are in, as errors call it: `"history"` for `history.maxEvents`
 * @throws `ERR_SSE_INVALID_OPTION` for what is no object, an unknown name, or a value that is not as its rule says
 */
export function readOptions<Options extends object>(
	options: unknown,
	rules: OptionRules<Options>,
	name?: string,
): Options {
	const given = checkObject(options, name ?? "The options", "ERR_SSE_INVALID_OPTION");
	const within = name === undefined ? "" : `${name}.`;
	checkKeys(given, rules, "Unknown option", within);
	const all = Object.entries<readonly [unknown, Rule]>(rules);
	const read = all.map(([each, [byDefault, [text, test]]]) => {
		const { [each]: value = byDefault } = given;
		if (test(value)) return [each, value];
		throw invalid("ERR_SSE_INVALID_OPTION", `The option ${within}${each} must be ${text}`, value);
	});
	return Object.fromEntries(read);
}

/**
 * @param problem how the message for an unknown name begins
 * @throws `ERR_SSE_INVALID_OPTION` for an unknown name
 */
export function checkKeys(given: object, known: object, problem: string, within = ""): void {
	for (const each in given) {
		if (Object.hasOwn(known, each) || !Object.hasOwn(given, each)) continue;
		const message = `${problem} ${shown(within + each)}${didYouMean(each, Object.keys(known))}`;
		throw new SSEError("ERR_SSE_INVALID_OPTION", message);
	}
}

/** The same rule, for an option that may be omitted. */
export function optional([text, test]: Rule): Rule {
	return [text, (value) => value === undefined || test(value)];
}

/** The rule for a callback. */
export const FUNCTION: Rule = ["a function", (value) => typeof value === "function"];

/** The rule for a limit. */
export const LIMIT: Rule = [
	"a positive integer or Infinity",
	(value) => value === Infinity || (Number.isSafeInteger(value) && (value as number) > 0),
];
