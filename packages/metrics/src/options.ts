/**
 * What to measure, as it is given and checked.
 */
import { SSEError, type SSEService } from "sse-service";

/** What is read of a service: any `SSEService`, whatever its event map. */
export type MeasuredService = Pick<SSEService, "stats" | "health" | "getGroups">;

/** What to measure. */
export interface MetricsOptions {
	/** The service, or several, which are added up. */
	readonly service: MeasuredService | readonly MeasuredService[];
	/** Groups with metrics of their own. Each is a label value, so name only a fixed set. Default: none. */
	readonly groups?: readonly string[] | undefined;
}

/**
 * @param names every option that there is
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function checkNames(options: object, names: readonly string[]): void {
	if (Object(options) !== options) throw refused("The options must be an object");
	const unknown = Object.keys(options).find((name) => !names.includes(name));
	if (unknown !== undefined) {
		throw refused(`There is no option ${unknown}; there are ${names.join(", ")}`);
	}
}

/** @throws `ERR_SSE_INVALID_OPTION` */
export function readServices({ service }: MetricsOptions): ReadonlySet<MeasuredService> {
	const services = ([service].flat() as MeasuredService[]).map(underlying);
	if (services.length === 0 || services.some((each) => typeof each?.stats !== "function")) {
		throw refused("The option service must be a service of sse-service, or an array of them");
	}
	return new Set(services);
}

/** @throws `ERR_SSE_INVALID_OPTION` */
export function readGroups({ groups = [] }: MetricsOptions): ReadonlySet<string> {
	const isName = (name: unknown): boolean => typeof name === "string" && name !== "";
	if (Array.isArray(groups) && groups.every(isName)) return new Set(groups);
	throw refused('The option groups must be an array of group names, like ["news"]');
}

/** The service itself, of which the channels speak: Nest's `SseService` wraps it. */
export function underlying<Service>(given: Service): Service {
	return (given as { readonly service?: Service } | undefined)?.service ?? given;
}

function refused(message: string): SSEError {
	return new SSEError("ERR_SSE_INVALID_OPTION", message);
}
