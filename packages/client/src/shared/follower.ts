/**
 * The follower: a tab that receives the relays of the leader.
 *
 * It proves that it missed nothing: within a term by the sequence of relays, across a change of leader by the position from which
 * the new leader continues. It requests missed events from the leader; events that are no longer kept become a gap.
 */
import {
	type Answer,
	type Place,
	type Relay,
	type Tab,
	type TabMessage,
	toStreamError,
} from "./channel.js";
import { Hold } from "./hold.js";
import type { RelayedStream } from "./relayed-stream.js";

export class Follower {
	readonly #stream: RelayedStream;
	readonly #tab: Tab;
	readonly #onPlace: () => void;
	readonly #hold: Hold;
	/** Set while this tab awaits the answer to a question. */
	#question: string | undefined;
	/** Whether this tab is known to have missed relays. */
	#isBehind = false;

	/** @param onPlace called when this tab knows its place in the relays of a leader */
	constructor(stream: RelayedStream, tab: Tab, onPlace: () => void) {
		this.#stream = stream;
		this.#tab = tab;
		this.#onPlace = onPlace;
		this.#hold = new Hold(
			() => tab.room(),
			() => this.#catchUp(),
		);
	}

	/** Asks the leader for missed events. Relays that arrive before the answer are part of it, and must not count twice. */
	ask(): void {
		this.#question = crypto.randomUUID();
		const { id, place } = this.#stream;
		this.#tab.say({ kind: "ask", question: this.#question, id, place });
	}

	/** Call when this tab begins to lead. What was passed over comes again, from the position of this tab. */
	end(): void {
		if (this.#hold.end()) this.#isBehind = true;
		this.#question = undefined;
		this.#begin();
	}

	/** Receives what the leader says. */
	onMessage(message: TabMessage): void {
		// The leader has never received the question.
		if (message.kind === "pong" && this.#question !== undefined) this.ask();
		else if (message.kind === "lead") this.#follow(message.term, message.from);
		else if (message.kind === "relay") this.#onRelay(message);
		else if (message.kind === "answer") this.#onAnswer(message);
		else if ("term" in message && message.term === this.#stream.place?.term) {
			if (message.kind === "state") this.#tab.onState(message.state);
			else if (message.kind === "error") {
				this.#tab.onError(toStreamError(message.error, message));
			} else {
				// The leader that has what was passed over is gone.
				if (this.#hold.end() || this.#isBehind) this.#stream.gap();
				this.#tab.onEnd(message.error && toStreamError(message.error, message));
			}
		}
		this.#hold.check();
	}

	/** Follows a new leader, which continues from its own position. */
	#follow(term: string, from: string | undefined): void {
		if (this.#hold.passes()) return;
		const stream = this.#stream;
		stream.takeAll();
		this.#tab.onState("connecting");
		const isAhead = stream.isAheadOf(from);
		// The new leader has less than this tab, and will receive the rest again.
		if (isAhead) stream.skipKnown();
		if (isAhead || from === stream.id || stream.id === undefined) {
			this.#question = undefined;
			this.#begin();
			stream.place = { term, sequence: 0 };
			this.#onPlace();
		} else this.ask();
	}

	/** Begins with a new leader, or leads. Without a position, nobody sends what this tab missed of the last one. */
	#begin(): void {
		const { id, place } = this.#stream;
		if (this.#isBehind && id === undefined && place !== undefined) this.#stream.gap();
		this.#isBehind = false;
	}

	#catchUp(): void {
		this.#isBehind = true;
		this.ask();
	}

	#onRelay({ term, sequence, type, text, id }: Place & Relay): void {
		if (this.#hold.passes()) return;
		if (this.#question !== undefined) {
			this.#isBehind = true;
			return;
		}
		const own = this.#stream.place;
		const isOfTerm = term === own?.term;
		if (isOfTerm && sequence <= own.sequence) return;
		if (isOfTerm && sequence === own.sequence + 1) {
			this.#stream.take({ type, text, id }, { term, sequence });
		} else this.#catchUp();
	}

	#onAnswer({ question, term, sequence, id, state, missed }: Answer): void {
		if (question !== this.#question) return;
		this.#question = undefined;
		this.#isBehind = false;
		const place = { term, sequence };
		this.#tab.onState(state);
		const stream = this.#stream;
		if (missed === undefined) {
			if (id !== undefined && stream.has(id)) {
				stream.skipKnown();
				stream.place = place;
			} else {
				stream.begin(id, place);
				stream.gap();
			}
		} else if (stream.id === undefined && stream.place === undefined) {
			stream.begin(id, place);
		} else {
			for (const relay of missed) stream.take(relay, place);
			stream.place = place;
		}
		this.#onPlace();
	}
}
