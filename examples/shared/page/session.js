/**
 * Signing in and out. The session is in a cookie that no script can read; the server tells whose it is.
 */
import { within } from "./elements.js";
import { request } from "./request.js";
import { openStream } from "./stream.js";

/** @import { Listeners } from "./stream.js" */

/**
 * Shows `#welcome` with its form `#sign-in` to those who are not signed in, and else `#app`, with the button `#sign-out`
 * and an open stream, whose state it tells in `#state`. `GET /session` answers `{ user }`, null when nobody is signed
 * in; `POST /session` signs in, `DELETE /session` out.
 * @template {object} Events
 * @param {string} url of the stream
 * @param {Listeners<Events>} listeners
 */
export async function startSession(url, listeners) {
	const form = /** @type {HTMLFormElement} */ (within(document, "#sign-in"));
	const problem = within(form, "[role=alert]");
	/** @type {ReturnType<typeof openStream> | undefined} */
	let stream;

	/** @param {"Connecting" | "Live" | "Reconnecting"} state */
	function showState(state) {
		document.body.dataset.state = state;
		within(document, "#state").textContent = state;
	}

	/** @param {boolean} isSignedIn */
	function show(isSignedIn) {
		if (!isSignedIn && stream !== undefined) {
			// So that nothing of the previous user is left on the page.
			stream.close();
			location.reload();
			return;
		}
		if (isSignedIn && stream === undefined) {
			showState("Connecting");
			stream = openStream(url, listeners, { onUnauthorized: checkSession });
			stream.onState((state) => {
				// Each attempt but the first belongs to a reconnection.
				if (state !== "connecting") showState(state === "open" ? "Live" : "Reconnecting");
			});
		}
		within(document, "#welcome").hidden = isSignedIn;
		within(document, "#app").hidden = !isSignedIn;
		within(document, "#sign-out").hidden = !isSignedIn;
	}

	/** Shows the form unless somebody is still signed in. */
	async function checkSession() {
		try {
			const { user } = await request("GET", "/session");
			show(user !== null);
		} catch {
			// The server is unavailable. It may know this session when it is back.
		}
	}

	form.onsubmit = async (event) => {
		event.preventDefault();
		problem.textContent = "";
		try {
			await request("POST", "/session", Object.fromEntries(new FormData(form)));
			form.reset();
			show(true);
		} catch (error) {
			problem.textContent = /** @type {Error} */ (error).message;
		}
	};
	// A name to try is put into the form.
	for (const button of form.querySelectorAll("button[value]")) {
		/** @type {HTMLButtonElement} */ (button).onclick = () => {
			for (const input of form.querySelectorAll("input")) {
				input.value = /** @type {HTMLButtonElement} */ (button).value;
			}
		};
	}
	within(document, "#sign-out").onclick = async () => {
		await request("DELETE", "/session");
		show(false);
	};

	await checkSession();
}
