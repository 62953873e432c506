/**
 * Requests of a page: JSON out, JSON in.
 */

/**
 * @param {string} method @param {string} url @param {object} [body]
 * @returns {Promise<any>} the answer, `undefined` when there is none
 * @throws {Error} with what to tell the user: why the server cannot be reached, or what it refused
 */
export async function request(method, url, body) {
	const response = await fetch(url, {
		method,
		// To another origin, too, which must allow it.
		credentials: "include",
		...(body && {
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(body),
		}),
	}).catch(() => {
		throw new Error("Not sent: the server cannot be reached.");
	});
	const text = await response.text();
	const answer = text === "" ? undefined : JSON.parse(text);
	if (!response.ok) throw new Error(answer?.message ?? response.statusText);
	return answer;
}
