/**
 * The interceptor around every route: opens the streams of `@SseStream`, and ends those whose handler fails.
 */
import type { CallHandler, ExecutionContext, NestInterceptor } from "@nestjs/common";
import { RESPONSE_PASSTHROUGH_METADATA, ROUTE_ARGS_METADATA } from "@nestjs/common/constants.js";
import { MetadataScanner } from "@nestjs/core";
import { catchError, NEVER, Observable, of, switchMap, throwError } from "rxjs";
import { SSEError } from "sse-service/adapter";
import type { Openings } from "./openings.js";
import { RouteStream } from "./route-stream.js";
import { shared } from "./shared.js";
import { streamOptionsOf } from "./sse-stream.js";

export class SseInterceptor implements NestInterceptor {
	readonly #openings: Openings;
	readonly #name: string | undefined;

	constructor(openings: Openings, name: string | undefined) {
		this.#openings = openings;
		this.#name = name;
	}

	intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
		const options = streamOptionsOf(context.getHandler());
		const response = context.switchToHttp().getResponse<object>();
		if (options === undefined) {
			// `connect` may be called in any handler.
			return next.handle().pipe(
				catchError((error) =>
					this.#openings.takeError(error, response) ? of(undefined) : throwError(() => error),
				),
				// Otherwise Nest would answer, which ends the stream on Express.
				switchMap((value) =>
					this.#openings.hasOpened(response) && isAnswered(context) ? NEVER : of(value),
				),
			);
		}
		if (options.service !== this.#name) return next.handle();
		// Several modules may import an instance with that name. The first one streams.
		const first = shared.routes.get(response);
		if (first !== undefined) {
			const isOne = first.service === this.#openings.streams.service;
			return isOne ? next.handle() : throwError(() => ambiguous(this.#name));
		}
		return new Observable<undefined>((nest) => {
			new RouteStream(this.#openings, options, context, nest)
				.run(next)
				.catch((error) => nest.error(error));
		});
	}
}

/** Remembers the methods of each class. */
const scanner = new MetadataScanner();

/** Whether Nest answers with what the handler returns: unless that has the response, by `@Res()` or `@Next()`. */
function isAnswered(context: ExecutionContext): boolean {
	const type = context.getClass();
	const { prototype } = type;
	const handler = context.getHandler();
	// As Nest finds it: a decorator may have put a function of another name in the method's place. Instrumentation wraps the
	// handler later and keeps its name; `bind` adds to it.
	const key =
		scanner.getAllMethodNames(prototype).find((each) => prototype[each] === handler) ??
		handler.name.replace(/^(bound )+/, "");
	const read = (name: string) => Reflect.getMetadata(name, type, key);
	if (read(RESPONSE_PASSTHROUGH_METADATA) === true) return true;
	return !Object.keys(read(ROUTE_ARGS_METADATA) ?? {}).some((each) => /^[12]:/.test(each));
}

function ambiguous(name: string | undefined): SSEError {
	const which = name === undefined ? "without a name" : `with the name ${JSON.stringify(name)}`;
	return new SSEError(
		"ERR_SSE_INVALID_OPTION",
		`Several SseModules ${which} have different services: give each a name of its own`,
	);
}
