/**
 * Gaps: when one is wrong. Each gap needs a loss, and each loss allows a reader one gap.
 */
import type { Branch } from "../truth/branch.js";
import type { Position } from "../truth/position.js";
import type { Truth } from "../truth/truth.js";
import type { Course } from "./course.js";
import type { Gap } from "./received.js";

export class Gaps {
	readonly #truth: Truth;
	/** The branches to which a gap has moved the reader. */
	readonly #crossed = new Set<Branch>();

	constructor(truth: Truth) {
		this.#truth = truth;
	}

	/** @param courses the courses that the reader could be on before */
	objectionTo(gap: Gap, from: Position, courses: readonly Course[]): string | undefined {
		const { reason, position, at } = gap;
		const { losses } = this.#truth;
		const isSameLog = position.epoch === from.epoch;
		if (isSameLog && position.sequence < from.sequence && reason !== "diverged") {
			return "it leads back";
		}
		// A process that has not noticed the loss yet finds nothing, or another log's entry.
		const isWiped = losses.isWipeFresh(from.epoch, at);
		if (!isSameLog && ["epoch", "diverged", "expired"].includes(reason)) {
			const isExplained = losses.isWiped(from.epoch) || losses.isWiped(position.epoch);
			return isExplained ? undefined : "no log was lost";
		}
		if (reason === "epoch") return isWiped ? undefined : "the epoch is the same";
		if (reason === "expired") {
			const isGone = isWiped || this.#truth.isTrimmedAfter(from);
			return isGone ? undefined : "nothing after it was trimmed";
		}
		if (reason !== "diverged") return "nothing that was done leads to it";
		const isBack = position.sequence < from.sequence;
		const isAcross = this.#isAcrossLoss(from, position);
		const canGoOn = !isBack && courses.some(({ branch }) => this.#truth.isOn(branch, position));
		if (isWiped || isAcross || !(canGoOn || isBack)) return undefined;
		if (isBack && losses.isBehind(at)) return undefined;
		return "what was there is in the log, and no process was behind";
	}

	/**
	 * Whether this is the first gap that moves a reader across a loss. Its process may have received what was lost, and does not
	 * know whether the reader had.
	 */
	#isAcrossLoss(from: Position, to: Position): boolean {
		const crossed = this.#truth.branchesWith(to).filter((branch) => {
			if (branch.parent === undefined || this.#crossed.has(branch)) return false;
			const isBefore = from.sequence <= branch.after || !this.#truth.isOn(branch, from);
			return (isBefore || this.#isShared(branch.parent, from)) && branch.after <= to.sequence;
		});
		for (const branch of crossed) this.#crossed.add(branch);
		return crossed.length > 0;
	}

	/** Whether a position that was lost, and stored again unchanged, had later positions that are lost. */
	#isShared(left: Branch, from: Position): boolean {
		return this.#truth.isOn(left, from) && from.sequence < left.newest;
	}
}
