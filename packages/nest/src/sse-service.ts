/**
 * The injectable service: the members of a core service, plus opening streams on Nest's requests.
 */
import { Inject, type InjectionToken, type Type } from "@nestjs/common";
import type { AnyEvents, ConnectResult, RequestLike, ResponseLike, SSEService } from "sse-service";
import { checkOptionName } from "sse-service/adapter";
import type { Openings, SseParams } from "./openings.js";
import { shared } from "./shared.js";

/** The members of a core service that work unchanged in Nest: all except those that open and close streams. */
const OF_THE_CORE = [
	"send",
	"publish",
	"join",
	"leave",
	"disconnect",
	"getClient",
	"getClients",
	"getGroups",
	"clientsIn",
	"setMetadata",
	"health",
	"stats",
] as const satisfies readonly (keyof SSEService)[];

type OfTheCore<Events extends object> = Pick<SSEService<Events>, (typeof OF_THE_CORE)[number]>;

class Service<Events extends object = AnyEvents> {
	// What Nest calls it where it has none to inject.
	static readonly name = "SseService";

	readonly #openings: Openings;
	/** The underlying service of the core. */
	readonly service: SSEService<Events>;

	/** Made by `SseModule`. */
	constructor(openings: Openings) {
		this.#openings = openings;
		this.service = openings.streams.service as unknown as SSEService<Events>;
	}

	/**
	 * Opens an event stream on a request, in a handler with `@Req()` and `@Res()`. On Fastify the
	 * onSend hooks run first, so that the headers of cookies, sessions and CORS are sent.
	 *
	 * @returns a promise of what `connectSSE` returns. It rejects before anything is sent, for exception filters to answer:
	 * an `HttpException` with `code` for `ERR_SSE_EXPIRED` (401), `ERR_SSE_MAX_*` (429, 503), `ERR_SSE_PIPELINED` (400),
	 * `ERR_SSE_SERVICE_CLOSED` (503), and `ERR_SSE_INVALID_*` (400) for a value that a request can cause; otherwise
	 * `ERR_SSE_INVALID_*`; `ERR_SSE_RESPONSE_STARTED`
	 */
	async connect(
		req: RequestLike,
		res: ResponseLike,
		params?: SseParams<Events>,
	): Promise<ConnectResult<Events>> {
		const result: unknown = await this.#openings.open(req, res, params as SseParams);
		return result as ConnectResult<Events>;
	}
}

for (const name of OF_THE_CORE) {
	Object.defineProperty(Service.prototype, name, {
		configurable: true,
		writable: true,
		value(this: Service, ...args: never[]): unknown {
			return Reflect.apply(this.service[name], this.service, args);
		},
	});
}

/** Inject it by this class. There is one per process, whichever copies of the package its parts import. */
export type SseService<Events extends object = AnyEvents> = Service<Events> & OfTheCore<Events>;
shared.SseService ??= Service;
export const SseService = shared.SseService as Type<SseService>;

/**
 * Returns the injection token of an instance: the class `SseService` for the instance without a name.
 *
 * @throws `ERR_SSE_INVALID_OPTION` for an empty name
 */
export function getSseToken(name?: string): InjectionToken<SseService> {
	if (name === undefined) return SseService;
	checkOptionName("name", name);
	return Symbol.for(`@sse-service/nest.service.v1:${name}`);
}

/** Injects the instance with that name, or the one without a name: `@InjectSse("admin") sse: SseService`. */
export function InjectSse(name?: string): ParameterDecorator & PropertyDecorator {
	return Inject(getSseToken(name));
}
