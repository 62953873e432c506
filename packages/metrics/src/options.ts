/**
 * What to measure, as it is given and checked.
 */
import type { SSEService } from "sse-service";
import { type OptionRules, optional, type Rule } from "sse-service/engine";

/** What is read of a service: any `SSEService`, whatever its event map. */
export type MeasuredService = Pick<SSEService, "stats" | "health" | "getGroups">;

/** What to measure. */
export interface MetricsOptions {
	/** The service, or several, which are added up. */
	readonly service: MeasuredService | readonly MeasuredService[];
	/** Groups with metrics of their own. Each is a label value, so name only a fixed set. Default: none. */
	readonly groups?: readonly string[] | undefined;
}

/** The rule for services. */
export const SERVICES: Rule = [
	"a service of sse-service, or an array of them",
	(value) => {
		const services = servicesIn(value as MetricsOptions["service"]);
		return services.length > 0 && services.every((each) => typeof each?.stats === "function");
	},
];
const GROUPS: Rule = [
	'an array of group names, like ["news"]',
	(value) => Array.isArray(value) && value.every((name) => typeof name === "string" && name !== ""),
];

/** The rule for an object of another library, recognized by a method. */
export function having(method: string, text: string): Rule {
	return optional([text, (value) => typeof Object(value)[method] === "function"]);
}

/** The rules of what to measure. */
export const MEASURED: OptionRules<MetricsOptions> = {
	service: [undefined, SERVICES],
	groups: [[], GROUPS],
};

/** The services themselves, of which the channels speak: Nest's `SseService` wraps one. */
export function servicesIn(given: MetricsOptions["service"]): readonly MeasuredService[] {
	const all = [given].flat() as (MeasuredService & { readonly service?: MeasuredService })[];
	return all.map((each) => each?.service ?? each);
}
