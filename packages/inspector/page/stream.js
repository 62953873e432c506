// The stream of the page. It is opened again where the browser has given up, because a balancer may have answered for a process
// that is gone, but not where the page is refused.
const AGAIN_MS = 2_000;
/** A stream ends each minute, so that its request is authorized again. That is not worth a word. */
const SILENT_MS = 3_000;

/** @param listeners by the type of the event @param say called with the state and its words */
export function openStream(listeners, say) {
	let saying;

	function open() {
		const source = new EventSource("stream");
		for (const [type, listen] of Object.entries(listeners))
			source.addEventListener(type, ({ data }) => listen(JSON.parse(data)));
		source.addEventListener("open", () => {
			clearTimeout(saying);
			saying = undefined;
			say("live", "Live");
		});
		source.addEventListener("error", () => {
			saying ??= setTimeout(() => say("lost", "Reconnecting"), SILENT_MS);
			if (source.readyState === EventSource.CLOSED) setTimeout(again, AGAIN_MS);
		});
	}

	async function again() {
		const answer = await fetch("groups", { redirect: "manual" }).catch(() => undefined);
		const isRefused = [401, 403].includes(answer?.status) || answer?.type === "opaqueredirect";
		if (!isRefused) return open();
		clearTimeout(saying);
		say("lost", "Refused: load the page again");
	}

	open();
}
