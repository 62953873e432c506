/// <reference lib="dom" />
// What runs in the inspector's page while it is measured. Each function is sent there by itself.

/** How many connections the page says there are. */
export function countOf() {
	return Number(document.getElementById("count")?.textContent?.replaceAll(",", ""));
}

/**
 * Runs in the page: how long each frame took, while the list is scrolled by each, from end to end and back.
 * @param {{ ms: number, isScrolling: boolean }} how
 */
export async function watchFrames({ ms, isScrolling }) {
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
		// There and back in eight seconds.
		const part = ((before - begun) / 4_000) % 2;
		if (isScrolling) view.scrollTop = view.scrollHeight * (part < 1 ? part : 2 - part);
		const now = await frame();
		frames.push(now - before);
		most = Math.max(most, view.children.length);
		before = now;
	}
	observer.disconnect();
	return { frames, most, tasks };
}
