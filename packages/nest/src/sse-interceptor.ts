/**
 * The interceptor around every route: it opens the streams of `@SseStream`, and ends those whose handler fails.
 */
import type { CallHandler, ExecutionContext, NestInterceptor } from "@nestjs/common";
import { catchError, Observable, of, throwError } from "rxjs";
import type { Openings } from "./openings.js";
import { RouteStream } from "./route-stream.js";
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
		if (options === undefined) {
			const response = context.switchToHttp().getResponse<object>();
			// `connect` may be called in any handler.
			return next
				.handle()
				.pipe(
					catchError((error) =>
						this.#openings.takeError(error, response) ? of(undefined) : throwError(() => error),
					),
				);
		}
		if (options.service !== this.#name) return next.handle();
		return new Observable<undefined>((nest) => {
			new RouteStream(this.#openings, options, context, nest)
				.run(next)
				.catch((error) => nest.error(error));
		});
	}
}
