/**
 * A fold: combines the events of a run into a state, so that a late reader receives the state instead of every event.
 */
import type { RunEntry, RunSnapshot } from "./run-store.js";

/** One event, as passed to `fold` and returned by `render`. */
export interface RunEvent {
	readonly event?: string | undefined;
	/** The text on the wire. */
	readonly data: string;
}

/** How the events of a run combine. `State` must survive JSON. */
export interface FoldRules<State = unknown> {
	/** The state before the first event. */
	readonly initial: () => State;
	/** Returns the state after an event. May modify the given state. What it throws refuses the event. */
	readonly fold: (state: State, event: RunEvent) => State;
	/** Returns the events that bring a new reader to this state. */
	readonly render: (state: State) => readonly RunEvent[];
}

export class Fold {
	readonly #rules: FoldRules;
	#state: unknown;
	/** The number of events in the state. */
	count = 0;
	/** The mark of the newest event that was added. */
	mark: string | undefined;

	constructor(rules: FoldRules) {
		this.#rules = rules;
		this.#state = rules.initial();
	}

	/** Continues from a snapshot. */
	static from(rules: FoldRules, snapshot: RunSnapshot | undefined): Fold {
		const fold = new Fold(rules);
		if (snapshot !== undefined) {
			fold.#state = JSON.parse(snapshot.state);
			fold.count = snapshot.sequence;
		}
		return fold;
	}

	/** A copy of the state, which belongs to the caller. */
	copy(): unknown {
		return JSON.parse(this.#serialize());
	}

	add({ event, data, mark }: RunEntry): void {
		this.#state = this.#rules.fold(this.#state, { event, data });
		this.count++;
		this.mark = mark;
	}

	/** @returns `undefined` if JSON cannot represent the state, which is reported: readers fold the events instead */
	snapshot(onError: (error: unknown) => void): RunSnapshot | undefined {
		try {
			return { sequence: this.count, state: this.#serialize() };
		} catch (error) {
			onError(error);
			return undefined;
		}
	}

	render(): readonly RunEvent[] {
		return this.#rules.render(this.#state);
	}

	/** @throws TypeError if JSON cannot represent the state */
	#serialize(): string {
		const text: string | undefined = JSON.stringify(this.#state);
		if (text === undefined) throw new TypeError("The state of a fold must survive JSON");
		return text;
	}
}
