/** @param {object} _context @param {() => Promise<Response>} next */
export async function onRequest(_context, next) {
	const response = await next();
	response.headers.set("x-middleware", "yes");
	return response;
}
