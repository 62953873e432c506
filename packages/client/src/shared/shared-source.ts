/**
 * A source that all tabs of an origin share. One tab leads: it has the connection and relays events. The others follow.
 * Web Locks elect the leader: the lock passes to another tab when its holder closes or crashes.
 *
 * A follower proves that it missed nothing: within a term by the sequence of relays, across a change of leader by the
 * position from which the new leader continues. It requests missed events from the leader; events that are no longer kept
 * become a gap.
 */
import { onPageLife } from "../page-life.js";
import type { Source, SourceHost } from "../source.js";
import {
	type Answer,
	channelName,
	type LiveState,
	openChannel,
	type Place,
	type Relay,
	type TabMessage,
	toEndError,
	toStreamError,
} from "./channel.js";
import { Hold } from "./hold.js";
import { Leadership } from "./leadership.js";
import { RelayedStream } from "./relayed-stream.js";

export interface SharingRules {
	readonly maxEvents: number;
	readonly silenceMs: number;
	readonly gapEvent: string;
}

export class SharedSource implements Source {
	readonly #name: string;
	readonly #rules: SharingRules;
	readonly #connect: (host: SourceHost) => Source;
	readonly #host: SourceHost;
	readonly #stream: RelayedStream;
	readonly #leadership: Leadership;
	readonly #hold: Hold;
	#stopPageLife: () => void = () => {};
	#channel: BroadcastChannel | undefined;
	/** Set while this tab awaits the answer to a question, and does not know its place. */
	#question: string | undefined;
	/** The connection, while this tab leads. */
	#own: Source | undefined;
	#state: LiveState = "connecting";
	#stopped = false;

	constructor(
		name: string,
		rules: SharingRules,
		connect: (host: SourceHost) => Source,
		host: SourceHost,
	) {
		this.#name = channelName(name);
		this.#rules = rules;
		this.#connect = connect;
		this.#host = host;
		this.#stream = new RelayedStream(rules.maxEvents, host);
		this.#hold = new Hold(
			() => host.room(),
			() => this.#ask(),
		);
		this.#leadership = new Leadership(this.#name, rules.silenceMs, {
			onLead: () => this.#lead(),
			onLost: () => this.#stepDown(),
			ping: () => this.#say({ kind: "ping" }),
		});
	}

	start(lastEventId: string | undefined): void {
		this.#stream.reset(lastEventId);
		this.#channel = openChannel(this.#name, (message) => this.#onMessage(message));
		this.#stopPageLife = onPageLife((event) => {
			// A page in the back/forward cache must hold no lock.
			if (event === "pagehide") {
				this.#leadership.stepAside();
				this.#stepDown();
			} else if (event !== "visibilitychange") this.#join();
		});
		this.#host.onState("connecting");
		this.#join();
	}

	stop(): void {
		this.#stopped = true;
		this.#stopPageLife();
		this.#own?.stop();
		this.#own = undefined;
		this.#channel?.close();
		this.#leadership.stepAside();
	}

	#join(): void {
		if (this.#own !== undefined) return;
		this.#ask();
		this.#leadership.seek();
	}

	#say(message: TabMessage): void {
		if (!this.#stopped) this.#channel?.postMessage(message);
	}

	// Leading.

	#lead(): void {
		const term = crypto.randomUUID();
		// What was passed over comes again, from the position of this tab.
		this.#hold.end();
		this.#stream.place = { term, sequence: 0 };
		this.#stream.takeAll();
		this.#question = undefined;
		this.#say({ kind: "lead", term, from: this.#stream.id });
		this.#own = this.#connect({
			onEvent: ({ type, text, id }) => this.#relay({ type, text, id }),
			onPosition: (id) => this.#relay({ type: undefined, text: "", id }),
			onState: (state) => {
				this.#setState(state);
				this.#say({ kind: "state", term, state });
			},
			onError: (error) => this.#host.onError(error),
			onEnd: (error) => {
				this.#say({ kind: "end", term, error: error && toEndError(error) });
				this.#host.onEnd(error);
			},
			room: () => this.#host.room(),
		});
		this.#own.start(this.#stream.id);
	}

	/** Lets another tab lead. */
	#stepDown(): void {
		this.#own?.stop();
		this.#own = undefined;
		this.#ask();
	}

	#relay(relay: Relay): void {
		const { term, sequence } = this.#stream.place as Place;
		const place = { term, sequence: sequence + 1 };
		this.#say({ kind: "relay", ...place, ...relay });
		this.#stream.take(relay, place);
	}

	#answer(question: string, id: string | undefined, place: Place | undefined): void {
		const own = this.#stream.place as Place;
		const missed = this.#stream.missedBy(id, place);
		const answer = { question, id: this.#stream.id, state: this.#state, missed };
		this.#say({ kind: "answer", ...answer, ...own });
	}

	// Following.

	/** Asks the leader for missed events. Relays that arrive before the answer are part of it, and must not count twice. */
	#ask(): void {
		this.#question = crypto.randomUUID();
		const { id, place } = this.#stream;
		this.#say({ kind: "ask", question: this.#question, id, place });
		this.#stream.place = undefined;
	}

	#onMessage(message: TabMessage): void {
		if (this.#stopped) return;
		if (this.#own !== undefined) {
			if (message.kind === "ask") this.#answer(message.question, message.id, message.place);
			else if (message.kind === "ping") this.#say({ kind: "pong" });
			return;
		}
		// Messages of other followers.
		if (message.kind === "ask" || message.kind === "ping") return;
		this.#leadership.heard();
		// The leader has never received the question.
		if (message.kind === "pong" && this.#stream.place === undefined) this.#ask();
		else if (message.kind === "lead") this.#follow(message.term, message.from);
		else if (message.kind === "relay") this.#onRelay(message);
		else if (message.kind === "answer") this.#onAnswer(message);
		else if (message.kind !== "pong" && message.term === this.#stream.place?.term) {
			if (message.kind === "state") this.#setState(message.state);
			else {
				// The leader that has what was passed over is gone.
				if (this.#hold.end()) this.#gap(this.#stream.id);
				this.#host.onEnd(message.error && toStreamError(message.error));
			}
		}
		this.#hold.check();
	}

	/** Follows a new leader, which continues from its own position. */
	#follow(term: string, from: string | undefined): void {
		if (this.#hold.passes()) return;
		const stream = this.#stream;
		stream.takeAll();
		this.#setState("connecting");
		const isAhead = stream.isAheadOf(from);
		// The new leader has less than this tab, and will receive the rest again.
		if (isAhead) stream.skipKnown();
		if (isAhead || from === stream.id || stream.id === undefined) {
			this.#question = undefined;
			stream.place = { term, sequence: 0 };
			this.#leadership.queue();
		} else {
			stream.place = undefined;
			this.#ask();
		}
	}

	#onRelay({ term, sequence, type, text, id }: Place & Relay): void {
		if (this.#hold.passes()) return;
		const own = this.#stream.place;
		const isKnown = term === own?.term && sequence <= own.sequence;
		if (own === undefined || isKnown) return;
		if (term === own.term && sequence === own.sequence + 1) {
			this.#stream.take({ type, text, id }, { term, sequence });
		} else this.#ask();
	}

	#onAnswer({ question, term, sequence, id, state, missed }: Answer): void {
		if (question !== this.#question) return;
		this.#question = undefined;
		const place = { term, sequence };
		this.#setState(state);
		const stream = this.#stream;
		if (missed === undefined) {
			if (id !== undefined && stream.has(id)) {
				stream.skipKnown();
				stream.place = place;
			} else {
				stream.begin(id, place);
				this.#gap(id);
			}
		} else if (stream.id === undefined) {
			stream.begin(id, place);
		} else {
			for (const relay of missed) stream.take(relay, place);
			stream.place = place;
		}
		this.#leadership.queue();
	}

	/** This tab has missed events that no other one has kept. */
	#gap(id: string | undefined): void {
		const text = JSON.stringify({ reason: "relay" });
		this.#host.onEvent({ type: this.#rules.gapEvent, text, id });
	}

	#setState(state: LiveState): void {
		this.#state = state;
		this.#host.onState(state);
	}
}
