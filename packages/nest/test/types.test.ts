/**
 * What the compiler refuses: `tsc` reads this file in the checks, the runner has little to do.
 */
import { Observable } from "rxjs";
import { createSSEService } from "sse-service";
import { expect, it } from "vitest";
import { SseModule, type SseService, SseStream } from "../src/index.js";

interface Events {
	readonly news: { readonly title: string };
}

it("a service with typed events is checked, and one without takes everything", () => {
	const check = (typed: SseService<Events>, any: SseService): void => {
		typed.send("all", { title: "hi" }, { event: "news" });
		// @ts-expect-error: not the data of this event.
		typed.send("all", { tittle: "hi" }, { event: "news" });
		// @ts-expect-error: not an event of the map.
		typed.send("all", { title: "hi" }, { event: "newz" });
		any.send("all", 1, { event: "anything" });
		void typed.publish("all", { title: "hi" }, { event: "news", idempotencyKey: "1" });
		// @ts-expect-error: not the data of this event.
		void typed.publish("all", { tittle: "hi" }, { event: "news" });
	};
	expect(check).toBeTypeOf("function");
	expect(SseModule.forRoot({ service: createSSEService<Events>() })).toHaveProperty("exports");
});

it("a handler may return a source or nothing, and no other value", () => {
	class Streams {
		@SseStream("a")
		observable() {
			return new Observable<number>();
		}

		@SseStream("b", {
			params: (request: { readonly user: string }) => ({ clientId: request.user }),
		})
		async *generator() {
			yield 1;
		}

		@SseStream("c")
		async nothing() {}

		// @ts-expect-error: a value is no source.
		@SseStream("d")
		value() {
			return { data: 1 };
		}

		// @ts-expect-error: nor is a promise of one.
		@SseStream("e")
		async promise() {
			return 1;
		}
	}
	expect(Streams).toBeTypeOf("function");
});
