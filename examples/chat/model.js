/**
 * The model: answers word by word, as a language model does. It needs no key and no network, and the same question always gets
 * the same answer.
 */
import { setTimeout as pause } from "node:timers/promises";
import { TOPICS } from "./topics.js";

const MAX_COUNT = 100_000;
/** It "thinks" for the time of this many words before the first one. */
const THINKING = 12;

/**
 * @param {string} question
 * @param {{ wordMs: number, signal: AbortSignal, after?: number }} options `after`: how many characters of the answer there are
 * already, from which it continues.
 * @returns {AsyncGenerator<string, void, undefined>} words, each with the white space after it
 */
export async function* answerTo(question, { wordMs, signal, after = 0 }) {
	if (after === 0) await pause(wordMs * THINKING, undefined, { signal });
	let length = 0;
	for (const word of wordsFor(question)) {
		length += word.length;
		if (length <= after) continue;
		yield word;
		await pause(wordMs, undefined, { signal });
	}
}

/** @param {string} question @returns {Iterable<string>} */
function wordsFor(question) {
	const [, count] = /\bcount to (\d{1,6})\b/i.exec(question) ?? [];
	if (count !== undefined) return numbers(Math.min(Number(count), MAX_COUNT));
	const topic = TOPICS.find(({ about }) => about.test(question));
	return split(topic?.text ?? withoutTopic(question));
}

/** @param {number} last */
function* numbers(last) {
	for (let number = 1; number < last; number++) yield `${number}, `;
	yield `${last}.`;
}

/** @param {string} text */
function split(text) {
	return text.match(/\S+\s*/g) ?? [];
}

/** @param {string} question */
function withoutTopic(question) {
	const words = split(question.trim());
	return `You asked: *${question.trim().replaceAll("*", "")}*

I am a very small model. I run inside this example, I have read four short texts, and yours is about something else. What I know for certain about your question:

- it has **${words.length} ${words.length === 1 ? "word" : "words"}** and **${question.trim().length} characters**;
- the longest word is **${longest(words)}**;
- this answer is written in a process that does not care who reads it. Reload the page now, or open it in a second tab: the answer continues, and you miss nothing.

Ask me to \`count to 500\`, and try to make me lose a number.`;
}

/** @param {readonly string[]} words */
function longest(words) {
	const bare = words.map((word) => word.replace(/[^\p{L}\p{N}-]/gu, ""));
	return bare.reduce((one, other) => (other.length > one.length ? other : one), "");
}
