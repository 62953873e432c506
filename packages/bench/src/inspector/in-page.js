/// <reference lib="dom" />
// What runs in the inspector's page while it is measured. Each function is sent there by itself.

/** How many connections the page says there are. */
export function countOf() {
	return Number(document.getElementById("count")?.textContent?.replaceAll(",", ""));
}

/**
 * Runs in the page: how long each frame took, while the list is scrolled by each.
 * @param {{ from: number, ms: number, scroll: "none" | "screens" | "ends" }} how A screen a second, or from end to end and back
 *   in eight; `from`: how long it has been scrolled before, in ms
 */
export async function watchFrames({ from, ms, scroll }) {
	const view = /** @type {HTMLElement} */ (document.getElementById("rows"));
	/** @returns {Promise<number>} */
	const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
	let tasks = 0;
	const observer = new PerformanceObserver((list) => {
		tasks += list.getEntries().length;
	});
	// Node has no such type.
	observer.observe({
		type: /** @type {import("node:perf_hooks").EntryType} */ (/** @type {string} */ ("longtask")),
	});
	const frames = [];
	let most = 0;
	const begun = await frame();
	for (let before = begun; before - begun < ms; ) {
		const scrolled = from + before - begun;
		const part = (scrolled / 4_000) % 2;
		if (scroll === "ends") view.scrollTop = view.scrollHeight * (part < 1 ? part : 2 - part);
		if (scroll === "screens") view.scrollTop = (view.clientHeight * scrolled) / 1_000;
		const now = await frame();
		frames.push(now - before);
		most = Math.max(most, view.querySelectorAll(".row").length);
		before = now;
	}
	observer.disconnect();
	return { frames, most, tasks };
}
