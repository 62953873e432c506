/** @param {{ event: object, resolve: (event: object) => Promise<Response> }} input */
export async function handle({ event, resolve }) {
	const response = await resolve(event);
	response.headers.set("x-middleware", "yes");
	return response;
}
