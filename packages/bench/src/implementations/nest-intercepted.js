// A stream by hand in Nest, in an app with an interceptor that does nothing: what Nest takes for any.

import { create as createByHand } from "./nest-by-hand.js";

export { wire } from "./bare-http.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create(settings) {
	const [{ Module }, { APP_INTERCEPTOR }] = await Promise.all([
		import("@nestjs/common"),
		import("@nestjs/core"),
	]);
	/** @type {import("@nestjs/common").NestInterceptor} */
	const interceptor = { intercept: (_context, next) => next.handle() };
	class InterceptorModule {}
	Module({ providers: [{ provide: APP_INTERCEPTOR, useValue: interceptor }] })(InterceptorModule);
	return createByHand(settings, [InterceptorModule]);
}
