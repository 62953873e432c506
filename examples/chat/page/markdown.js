/**
 * The part of Markdown that the model writes: headings, lists, code, emphasis. Text becomes text nodes, never HTML.
 */

/** Emphasis that is still being written reaches to the end. */
const INLINE = /(`[^`]+(?:`|$)|\*\*[^*]+(?:\*{1,2}|$)|\*[^*\s][^*]*(?:\*|$))/;

/** @param {HTMLElement} element */
export function createMarkdown(element) {
	/** The source of each child. @type {string[]} */
	let shown = [];
	return {
		/** Only blocks that have changed are recreated, so that a selection in the others stays. @param {string} text */
		show(text) {
			const blocks = blocksOf(text);
			blocks.forEach((source, index) => {
				if (shown[index] === source) return;
				const block = blockFrom(source);
				const before = element.children[index];
				if (before === undefined) element.append(block);
				else before.replaceWith(block);
			});
			while (element.children.length > blocks.length) element.lastElementChild?.remove();
			shown = blocks;
		},
	};
}

/** Blocks are separated by blank lines, except within a fence. @param {string} text */
function blocksOf(text) {
	/** @type {string[]} */
	const blocks = [];
	for (const [index, part] of text.split("```").entries()) {
		if (index % 2 === 1) blocks.push(`\`\`\`${part}`);
		else blocks.push(...part.split(/\n{2,}/).filter((block) => block.trim() !== ""));
	}
	return blocks;
}

/** @param {string} source */
function blockFrom(source) {
	if (source.startsWith("```")) {
		const pre = document.createElement("pre");
		// Scrolls sideways, so it must be reachable by keyboard.
		pre.tabIndex = 0;
		pre.append(node("code", source.slice(source.indexOf("\n") + 1).trimEnd()));
		return pre;
	}
	const lines = source.trim().split("\n");
	const [first = ""] = lines;
	if (first.startsWith("#")) return inline("h3", first.replace(/^#+\s*/, ""));
	if (/^[-*] /.test(first)) return list("ul", lines);
	if (/^\d+\. /.test(first)) return list("ol", lines);
	return inline("p", source.trim());
}

/** @param {"ul" | "ol"} name @param {readonly string[]} lines */
function list(name, lines) {
	const element = document.createElement(name);
	element.append(
		...lines.map((line) => inline("li", line.replace(/^(?:[-*]|\d+\.)(?:\s+|$)/, ""))),
	);
	return element;
}

/** @param {string} name @param {string} text */
function inline(name, text) {
	const element = document.createElement(name);
	for (const [index, part] of text.split(INLINE).entries()) {
		const name = part.startsWith("`") ? "code" : part.startsWith("**") ? "strong" : "em";
		// Every second part is what the expression has found.
		element.append(index % 2 === 0 ? part : node(name, part.replace(/^[`*]+|[`*]+$/g, "")));
	}
	return element;
}

/** @param {string} name @param {string} text */
function node(name, text) {
	const element = document.createElement(name);
	element.textContent = text;
	return element;
}
