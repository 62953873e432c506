/**
 * The injectable service: what a service of the core has, and the opening of streams on Nest's requests.
 */
import { Inject, type InjectionToken, type Type } from "@nestjs/common";
import type {
	AnyEvents,
	CloseReason,
	ConnectResult,
	GroupSize,
	Meta,
	RequestLike,
	ResponseLike,
	SSEClientObjInterface,
	SSEService,
	SSEStats,
	Target,
} from "sse-service";
import { SSEError } from "sse-service/adapter";
import type { Openings, SseParams } from "./openings.js";
import { shared } from "./shared.js";

class Service<Events extends object = AnyEvents> {
	readonly #openings: Openings;
	/** The service of the core that this one stands for. */
	readonly service: SSEService<Events>;

	/** Made by `SseModule`. */
	constructor(openings: Openings) {
		this.#openings = openings;
		this.service = openings.streams.service as unknown as SSEService<Events>;
	}

	/**
	 * Open an event stream on a request, in a handler with `@Req()` and `@Res()` (without `passthrough`). On Fastify the
	 * onSend hooks run first, so that cookies, sessions and CORS arrive.
	 *
	 * @returns a promise of what `connectSSE` returns. It rejects before anything is sent, for exception filters to answer:
	 * an `HttpException` with `code` for `ERR_SSE_EXPIRED` (401), `ERR_SSE_MAX_*` (429, 503) and `ERR_SSE_SERVICE_CLOSED` (503);
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

	/** @see SSEService.send */
	get send(): SSEService<Events>["send"] {
		return this.service.send.bind(this.service) as SSEService<Events>["send"];
	}

	/** @see SSEService.publish */
	get publish(): SSEService<Events>["publish"] {
		return this.service.publish.bind(this.service) as SSEService<Events>["publish"];
	}

	/** @see SSEService.join */
	join(target: Target, groups: string | readonly string[]): number {
		return this.service.join(target, groups);
	}

	/** @see SSEService.leave */
	leave(target: Target, groups: string | readonly string[]): number {
		return this.service.leave(target, groups);
	}

	/** @see SSEService.disconnect */
	disconnect(target: Target, reason?: CloseReason): number {
		return this.service.disconnect(target, reason);
	}

	/** @see SSEService.getClient */
	getClient(clientId: string, group?: string): SSEClientObjInterface | undefined {
		return this.service.getClient(clientId, group);
	}

	/** @see SSEService.getClients */
	getClients(group?: string): SSEClientObjInterface[] {
		return this.service.getClients(group);
	}

	/** @see SSEService.getGroups */
	getGroups(): GroupSize[] {
		return this.service.getGroups();
	}

	/** @see SSEService.setMetadata */
	setMetadata(clientId: string, meta: Meta, group?: string): SSEClientObjInterface | undefined {
		return this.service.setMetadata(clientId, meta, group);
	}

	/** @see SSEService.stats */
	stats(): SSEStats {
		return this.service.stats();
	}
}

/** Inject it by this class: one for the process, whichever copies of the package its parts import. */
export type SseService<Events extends object = AnyEvents> = Service<Events>;
shared.SseService ??= Service;
export const SseService: Type<SseService> = shared.SseService;

/**
 * What an instance is provided under: the class `SseService` for the one without a name.
 *
 * @throws `ERR_SSE_INVALID_OPTION` for an empty name
 */
export function getSseToken(name?: string): InjectionToken<SseService> {
	if (name === undefined) return SseService;
	if (typeof name !== "string" || name === "") {
		throw new SSEError("ERR_SSE_INVALID_OPTION", "name must be a non-empty string");
	}
	return Symbol.for(`@sse-service/nest.service.v1:${name}`);
}

/** Inject the instance of that name, or the one without: `@InjectSse("admin") sse: SseService`. */
export function InjectSse(name?: string): ParameterDecorator & PropertyDecorator {
	return Inject(getSseToken(name));
}
