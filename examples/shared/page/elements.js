/**
 * Elements of a page: found, cloned from a template, listed, coloured.
 */

/** @type {WeakMap<Element, Map<string, HTMLElement>>} */
const shown = new WeakMap();

/** A new element from a template of the page. @param {string} template its id @returns {HTMLElement} */
export function clone(template) {
	const { content } = /** @type {HTMLTemplateElement} */ (document.getElementById(template));
	return /** @type {HTMLElement} */ (content.firstElementChild?.cloneNode(true));
}

/** The element within `parent`. @param {ParentNode} parent @param {string} selector @returns {HTMLElement} */
export function within(parent, selector) {
	return /** @type {HTMLElement} */ (parent.querySelector(selector));
}

/**
 * Make the children of `parent` one for each item. An item that was there before keeps its element, and so the focus.
 * @template Item
 * @param {Element} parent
 * @param {string} template
 * @param {readonly Item[]} items in the order to show
 * @param {(item: Item) => string} nameOf Names differ.
 * @param {(element: HTMLElement, item: Item) => void} fill
 */
export function updateList(parent, template, items, nameOf, fill) {
	const before = shown.get(parent) ?? new Map();
	const after = new Map(
		items.map(nameOf).map((name) => [name, before.get(name) ?? clone(template)]),
	);
	for (const [name, element] of before) if (!after.has(name)) element.remove();
	items.forEach((item, index) => {
		const element = /** @type {HTMLElement} */ (after.get(nameOf(item)));
		fill(element, item);
		const there = parent.children[index] ?? null;
		if (there !== element) parent.insertBefore(element, there);
	});
	shown.set(parent, after);
}

/** The first letter of a name, on a colour that is always the same for it. @param {HTMLElement} element @param {string} name */
export function paintAvatar(element, name) {
	const hue = Array.from(name).reduce(
		(sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 360,
		0,
	);
	element.textContent = Array.from(name)[0]?.toUpperCase() ?? "";
	element.style.setProperty("--hue", String(hue));
}
