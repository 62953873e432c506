/**
 * A fold: the state that the events of a run add up to, so that who comes late is given the state instead of every
 * event.
 */
import type { RunEntry, RunSnapshot } from "./run-store.js";

/** One event, as `fold` and `render` see it. */
export interface RunEvent {
	readonly event: string | undefined;
	/** The text as it is on the wire. */
	readonly data: string;
}

/** How the events of a run add up. `State` must survive JSON. */
export interface FoldRules<State = unknown> {
	/** The state before the first event. */
	readonly initial: () => State;
	/** The state after an event. It may change the state it is given. */
	readonly fold: (state: State, event: RunEvent) => State;
	/** The events that bring a reader who has had none to this state. */
	readonly render: (state: State) => readonly RunEvent[];
}

export class Fold {
	readonly #rules: FoldRules;
	#state: unknown;
	/** How many events are in it. */
	count = 0;

	constructor(rules: FoldRules) {
		this.#rules = rules;
		this.#state = rules.initial();
	}

	/** Go on from a snapshot. */
	static from(rules: FoldRules, snapshot: RunSnapshot | undefined): Fold {
		const fold = new Fold(rules);
		if (snapshot !== undefined) {
			fold.#state = JSON.parse(snapshot.state);
			fold.count = snapshot.sequence;
		}
		return fold;
	}

	add({ event, data }: RunEntry): void {
		this.#state = this.#rules.fold(this.#state, { event, data });
		this.count++;
	}

	serialize(): string {
		return JSON.stringify(this.#state);
	}

	render(): readonly RunEvent[] {
		return this.#rules.render(this.#state);
	}
}
