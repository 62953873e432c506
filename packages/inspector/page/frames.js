// Drawing by frames: what is drawn more often than frames come is drawn once, and no frame draws everything.
const waiting = new Map();

/** Draws in one of the next frames. What has waited under this name is not drawn. */
export function soon(name, draw) {
	if (waiting.size === 0) requestAnimationFrame(drawOne);
	waiting.set(name, draw);
}

function drawOne() {
	const [[name, draw]] = waiting;
	waiting.delete(name);
	if (waiting.size > 0) requestAnimationFrame(drawOne);
	draw();
}
