// Elements and words. Everything that comes from the server is set as text, never as markup.

export const $ = (id) => document.getElementById(id);

/** An element with a class and children; strings become text. */
export function el(tag, className, ...children) {
	const element = document.createElement(tag);
	if (className) element.className = className;
	element.append(...children.filter((child) => child !== undefined));
	return element;
}

export function button(text, onClick, className) {
	const element = el("button", className, text);
	element.type = "button";
	element.addEventListener("click", onClick);
	return element;
}

/** Hostile names can turn the direction of what follows, or be invisible. */
export const shown = (name) =>
	name === "" ? "(empty)" : String(name).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "�");

const NUMBER = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const whole = (value) => NUMBER.format(Math.round(value));

export function short(value) {
	if (value >= 10_000) return SHORT.format(value);
	return value >= 10 || Number.isInteger(value) ? whole(value) : value.toFixed(1);
}

export function bytes(value) {
	const units = ["B", "kB", "MB", "GB"];
	let at = 0;
	let left = value;
	while (left >= 1000 && at < units.length - 1) {
		left /= 1000;
		at++;
	}
	return [at === 0 ? whole(left) : left.toFixed(left < 10 ? 1 : 0), units[at]];
}

export function age(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
	if (seconds < 86_400)
		return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
	return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export const clock = (t) => new Date(t).toLocaleTimeString("en-GB");

/** Sets the text of an element that holds nothing else, where it differs: what stays need not be laid out again. */
export function write(element, text = "") {
	const { firstChild } = element;
	if (firstChild === null) element.append(text);
	else if (firstChild.data !== text) firstChild.data = text;
}

/** Sets the rows of a list of facts. */
export function setFacts(list, facts) {
	keyed(
		list,
		Object.entries(facts).filter(([, value]) => value !== undefined),
		([name]) => name,
		([name]) => el("div", "", el("dt", "", name), el("dd", "")),
		({ lastChild }, [, value]) => write(lastChild, value),
	);
}

/** Sets a list of bars, the longest first. */
export function setBars(list, tally, { isBad = () => false, onClick, none = "None yet" } = {}) {
	const bars = Object.entries(tally)
		.sort(([, one], [, other]) => other - one)
		.slice(0, 8);
	const most = bars[0]?.[1] || 1;
	keyed(
		list,
		bars.length > 0 ? bars : [[]],
		([name]) => (name === undefined ? "" : `of ${name}`),
		([name]) => {
			if (name === undefined) return el("li", "none", none);
			const label = onClick
				? button(shown(name), () => onClick(name))
				: el("span", "", shown(name));
			return el("li", isBad(name) ? "bad" : "", label, el("span", "muted"), el("i"));
		},
		({ children: [, value, bar] }, [, count]) => {
			if (bar === undefined) return;
			write(value, whole(count));
			const width = `${Math.round((100 * count) / most)}%`;
			if (bar.style.width !== width) bar.style.width = width;
		},
	);
}

const WORDS = {
	open: "opened",
	close: "closed",
	resume: "resumed",
	gap: "gap",
	drop: "dropped",
	send: "sent",
	error: "error",
	outage: "outage",
	drain: "draining",
	run: "run",
};

/** Whether an entry has a line. A client that came back and has a gap was not resumed, and the gap has a line of its own. */
export const hasLine = ({ kind, text }) =>
	kind !== "resume" || text === "replayed" || text === "recovered";

/** An entry of a timeline. */
export function entryOf(entry, onClient) {
	const { t, kind, client, groups = [], text = "", count } = entry;
	const time = el("time", "", clock(t));
	time.dateTime = new Date(t).toISOString();
	const who =
		kind === "send" && client === undefined
			? groups[0] === undefined
				? "everyone"
				: `group ${shown(groups[0])}`
			: undefined;
	const name =
		client === undefined
			? el("span", "muted", who ?? "")
			: button(shown(client), () => onClient(client));
	const details = [
		shown(text),
		kind === "send" ? "" : groups.map(shown).join(", "),
		entry.process === undefined ? "" : `on ${shown(entry.process)}`,
		count > 1 ? `${count} times` : "",
	];
	const what = el(
		"span",
		"what muted",
		details.filter((each) => each && each !== "(empty)").join(" · "),
	);
	const item = el("li", "", time, el("span", `kind ${kind}`, WORDS[kind] ?? kind));
	if (onClient) item.append(name);
	item.append(what);
	return item;
}

/** A duration in milliseconds. */
export const ms = (value) =>
	value === undefined
		? undefined
		: value < 0.1
			? "below 0.1 ms"
			: `${value < 10 ? value.toFixed(1) : whole(value)} ms`;

/**
 * Fills a list with an element for each item. Elements of items that stay are kept, and so is the focus in them. Of items with the
 * same key, only the first is shown.
 */
export function keyed(list, items, keyOf, make, fill) {
	const known = new Map(Array.from(list.children, (each) => [each.dataset.key, each]));
	const used = new Set();
	let before = list.firstElementChild;
	for (const item of items) {
		const key = keyOf(item);
		if (used.has(key)) continue;
		used.add(key);
		const element = known.get(key) ?? make(item);
		element.dataset.key = key;
		known.delete(key);
		fill(element, item);
		if (element === before) before = before.nextElementSibling;
		else list.insertBefore(element, before);
	}
	for (const element of known.values()) element.remove();
}
