/**
 * What to measure, as it is given and checked.
 */
import type { SSEService } from "sse-service";
import type { OptionRules, Rule } from "sse-service/engine";

/** What is read of a service: any `SSEService`, whatever its event map. */
export type MeasuredService = Pick<SSEService, "stats" | "health" | "getGroups">;

/** What to measure. */
export interface MetricsOptions {
	/** The service, or several, which are added up. */
	readonly service: MeasuredService | readonly MeasuredService[];
	/** Groups with metrics of their own. Each is a label value, so name only a fixed set. Default: none. */
	readonly groups?: readonly string[] | undefined;
}

const SERVICES: Rule = [
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

/** What its own library checks. */
export const ANYTHING: Rule = ["anything", () => true];

/** The rules of what to measure. */
export const MEASURED: OptionRules<MetricsOptions> = {
	service: [undefined, SERVICES],
	groups: [[], GROUPS],
};

/** The services themselves, of which the channels speak. */
export function servicesIn(given: MetricsOptions["service"]): readonly MeasuredService[] {
	return ([given].flat() as MeasuredService[]).map(underlying);
}

/** The service itself: Nest's `SseService` wraps it. */
export function underlying<Service>(given: Service): Service {
	return (given as { readonly service?: Service } | undefined)?.service ?? given;
}
