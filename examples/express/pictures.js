/**
 * The pictures, drawn from the name of their lot: the same name is always the same picture.
 */

const WIDTH = 400;
const HEIGHT = 300;
const CELL = 100;
const BANDS = 5;
const PALETTES = [
	["#1f3a4d", "#e07a3f", "#f2d9a8", "#7fa99b", "#f7efe2"],
	["#2b2440", "#e4572e", "#f3a712", "#a8c686", "#f0ead6"],
	["#12355b", "#d72638", "#f5cb5c", "#6ba292", "#f4f1de"],
	["#3d2c2e", "#c8553d", "#f28f3b", "#588b8b", "#ffe8d1"],
	["#283845", "#b8b08d", "#f2d492", "#f29559", "#f7f3e9"],
];

/** @param {string} name @param {number} number of the lot @returns {string} SVG */
export function drawPicture(name, number) {
	const random = createRandom(name);
	const palette = PALETTES[number % PALETTES.length] ?? [];
	const draw = number % 2 === 0 ? drawLand : drawTiles;
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}">${draw(random, palette)}</svg>`;
}

/** Squares, each with a quarter, a half or a whole of a circle. @param {() => number} random @param {string[]} palette */
function drawTiles(random, palette) {
	const half = CELL / 2;
	const shapes = [
		`<path d="M0 0H${CELL}A${CELL} ${CELL} 0 0 1 0 ${CELL}Z"/>`,
		`<path d="M0 0H${CELL}A${half} ${half} 0 0 1 0 0Z"/>`,
		`<circle cx="${half}" cy="${half}" r="${half / 2}"/>`,
		`<path d="M0 0V${CELL}H${CELL}Z"/>`,
	];
	const parts = [];
	for (let y = 0; y < HEIGHT; y += CELL) {
		for (let x = 0; x < WIDTH; x += CELL) {
			const ground = pick(random, palette);
			const inks = palette.filter((colour) => colour !== ground);
			const turn = `rotate(${90 * Math.floor(random() * 4)} ${half} ${half})`;
			// A little larger than its place, so that nothing shines through between two.
			parts.push(
				`<g transform="translate(${x} ${y}) ${turn}" fill="${pick(random, inks)}">`,
				`<path d="M-.5-.5h101v101h-101z" fill="${ground}"/>${pick(random, shapes)}</g>`,
			);
		}
	}
	return parts.join("");
}

/** A sky, a sun, and hills or waves before it. @param {() => number} random @param {string[]} palette */
function drawLand(random, palette) {
	const [dark = "", sun = "", ...rest] = palette;
	const sky = rest.at(-1);
	const parts = [
		`<path d="M0 0h${WIDTH}v${HEIGHT}H0z" fill="${sky}"/>`,
		`<circle cx="${90 + 220 * random()}" cy="${70 + 40 * random()}" r="${26 + 24 * random()}" fill="${sun}"/>`,
	];
	for (let band = 0; band < BANDS; band++) {
		const top = 128 + 34 * band;
		const swing = 38 - 5 * band;
		const [start, first, second, end] = Array.from({ length: 4 }, () =>
			Math.round(top + swing * (2 * random() - 1)),
		);
		const share = Math.round((100 * band) / (BANDS - 1));
		const fill = `color-mix(in oklab, ${dark} ${share}%, ${rest[band % 2]})`;
		parts.push(
			`<path d="M0 ${start}C130 ${first} 270 ${second} ${WIDTH} ${end}V${HEIGHT}H0Z" style="fill:${fill}"/>`,
		);
	}
	return parts.join("");
}

/** @template Item @param {() => number} random @param {readonly Item[]} items not empty @returns {Item} */
function pick(random, items) {
	return /** @type {Item} */ (items[Math.floor(random() * items.length)]);
}

/** Numbers from 0 to 1 that the name decides: its FNV-1a hash, mixed by mulberry32. @param {string} name */
function createRandom(name) {
	let state = Array.from(name).reduce(
		(hash, character) => Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193),
		0x811c9dc5 | 0,
	);
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
