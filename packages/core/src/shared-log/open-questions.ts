/**
 * Open questions: whether the followed log is the engine's current one. A question is answered when what the engine had after
 * the question was asked has arrived: until then the newest part of the followed log may be lost in the engine.
 */
import type { Position } from "../wire/cursor.js";

type Answer = () => void;

interface Followed {
	readonly position: Position | undefined;
	tagAt(sequence: number): string | undefined;
}

interface Awaiting {
	readonly newest: Position;
	readonly answers: readonly Answer[];
}

export class OpenQuestions {
	/** Asked since the engine was asked for its newest position. */
	#new: Answer[] = [];
	#awaiting: Awaiting[] = [];

	get hasNew(): boolean {
		return this.#new.length > 0;
	}

	add(answers: readonly Answer[]): void {
		this.#new.push(...answers);
	}

	/** Call before the engine is asked. */
	take(): readonly Answer[] {
		return this.#new.splice(0);
	}

	/** Answers when everything up to `newest` has arrived. */
	answerAt(newest: Position, answers: readonly Answer[], followed: Followed): void {
		if (answers.length > 0) this.#awaiting.push({ newest, answers });
		this.onArrived(followed);
	}

	/** Call when something has arrived. */
	onArrived(followed: Followed): void {
		if (this.#awaiting.length === 0) return;
		const { sequence = 0 } = followed.position ?? {};
		for (const each of this.#awaiting.splice(0)) {
			const { newest, answers } = each;
			if (newest.sequence > sequence) this.#awaiting.push(each);
			// Otherwise something else is in that place, and the next answer of the engine will show it.
			else if (followed.tagAt(newest.sequence) !== newest.tag) this.add(answers);
			else for (const answer of answers) answer();
		}
	}

	/** Call when the log is no longer followed: what arrives next may be of another one. */
	askAgain(): void {
		for (const { answers } of this.#awaiting.splice(0)) this.add(answers);
	}
}
