/**
 * The drawer: on a narrow screen, what else stands at the side.
 */
import { within } from "/shared/elements.js";

export function createDrawer() {
	const drawer = /** @type {HTMLDialogElement} */ (within(document, "#drawer"));
	const side = within(document, "#side");
	const wide = matchMedia("(min-width: 821px)");

	function place() {
		if (!wide.matches) drawer.append(side);
		else {
			drawer.close();
			drawer.after(side);
		}
	}

	wide.onchange = place;
	place();
	within(document, "#menu").onclick = () => drawer.showModal();
	// A click beside it.
	drawer.onclick = ({ target }) => {
		if (target === drawer) drawer.close();
	};
}
