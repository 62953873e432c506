/**
 * The leader: the tab that has the connection. It relays events to the others, and answers what they ask.
 */
import type { Source, SourceHost } from "../source.js";
import { type LiveState, type Relay, type Tab, type TabMessage, toEndError } from "./channel.js";
import type { RelayedStream } from "./relayed-stream.js";

export class Leader {
	readonly #term = crypto.randomUUID();
	readonly #stream: RelayedStream;
	readonly #tab: Tab;
	readonly #own: Source;
	#state: LiveState = "connecting";
	#sequence = 0;

	constructor(stream: RelayedStream, tab: Tab, connect: (host: SourceHost) => Source) {
		this.#stream = stream;
		this.#tab = tab;
		const term = this.#term;
		this.#own = connect({
			onEvent: ({ type, text, id }) => this.#relay({ type, text, id }),
			onPosition: (id) => this.#relay({ type: undefined, text: "", id }),
			onState: (state) => {
				this.#state = state;
				tab.onState(state);
				tab.say({ kind: "state", term, state });
			},
			onError: (error) => tab.onError(error),
			onEnd: (error) => {
				tab.say({ kind: "end", term, error: error && toEndError(error) });
				tab.onEnd(error);
			},
			room: () => tab.room(),
		});
	}

	start(): void {
		const stream = this.#stream;
		stream.place = { term: this.#term, sequence: 0 };
		stream.takeAll();
		this.#tab.say({ kind: "lead", term: this.#term, from: stream.id });
		this.#own.start(stream.id);
	}

	/** Ends the connection. The other tabs may have none for a while: those whose pages are hidden may not want to lead. */
	stop(): void {
		this.#own.stop();
		this.#tab.say({ kind: "state", term: this.#term, state: "waiting" });
	}

	onMessage(message: TabMessage): void {
		if (message.kind === "ask") this.#answer(message);
		else if (message.kind === "ping") this.#tab.say({ kind: "pong" });
	}

	#relay(relay: Relay): void {
		const place = { term: this.#term, sequence: ++this.#sequence };
		this.#tab.say({ kind: "relay", ...place, ...relay });
		this.#stream.take(relay, place);
	}

	#answer({ question, id, place }: TabMessage & { readonly kind: "ask" }): void {
		const missed = this.#stream.missedBy(id, place);
		const own = { term: this.#term, sequence: this.#sequence };
		const answer = { question, id: this.#stream.id, state: this.#state, missed };
		this.#tab.say({ kind: "answer", ...answer, ...own });
	}
}
