/**
 * What the event log should do, in the simplest way: a list of everything that was ever sent. Nothing is thrown away,
 * nothing is indexed, and each question goes through all of it.
 */

export interface Bounds {
	readonly maxEvents: number;
	readonly maxAgeMs: number;
	readonly latest: boolean;
}

export interface Rules {
	readonly byDefault: Bounds;
	readonly ofGroups: ReadonlyMap<string, Bounds>;
}

export interface Message {
	readonly client?: string | undefined;
	readonly group?: string | undefined;
	readonly exceptClient?: string | undefined;
	readonly key?: string | undefined;
	readonly ttlMs?: number | undefined;
	readonly ownId?: string | undefined;
	readonly data: string;
}

export interface Kept extends Message {
	readonly sequence: number;
	readonly at: number;
	isReplaced: boolean;
	isTrimmed: boolean;
}

export interface Reader {
	readonly clientId: string;
	readonly groups: ReadonlySet<string>;
}

export class Reference {
	readonly events: Kept[] = [];
	readonly #rules: Rules;

	constructor(rules: Rules) {
		this.#rules = rules;
	}

	append(message: Message, now: number): Kept {
		const added: Kept = {
			...message,
			sequence: this.events.length + 1,
			at: now,
			isReplaced: false,
			isTrimmed: false,
		};
		for (const event of this.events) {
			const isSame = event.client === added.client && event.group === added.group;
			const key = this.#keyOf(added);
			// To a client that it is not for it is nothing in the place of another.
			const isForThem =
				added.exceptClient === undefined || event.exceptClient === added.exceptClient;
			if (isSame && isForThem && key !== undefined && this.#keyOf(event) === key) {
				event.isReplaced = true;
			}
		}
		this.events.push(added);
		this.#trim(now);
		return added;
	}

	/** All that a reader missed after a position, and is owed. @returns `undefined` when some of it is no longer kept */
	after(
		sequence: number,
		reader: Reader,
		isOwed: (event: Kept) => boolean,
		now: number,
		isFromStart = false,
	): readonly Kept[] | undefined {
		this.#trim(now);
		const missed = this.events.filter(
			(event) =>
				event.sequence > sequence && isFor(event, reader) && isOfUse(event, now) && isOwed(event),
		);
		// Who begins at the start does not miss what is no longer kept.
		if (isFromStart) return missed.filter(({ isTrimmed }) => !isTrimmed);
		return missed.some(({ isTrimmed }) => isTrimmed) ? undefined : missed;
	}

	/** The newest of each key in some of the reader's groups. */
	latest(groups: readonly string[], reader: Reader, now: number): readonly Kept[] {
		this.#trim(now);
		return this.events.filter(
			(event) =>
				this.isLatest(event) &&
				groups.includes(event.group ?? "") &&
				isFor(event, reader) &&
				isOfUse(event, now) &&
				!event.isTrimmed,
		);
	}

	/** Whether it was sent to a group that keeps its newest events. */
	isLatest({ client, group }: Message): boolean {
		return client === undefined && group !== undefined && this.keepsLatest(group);
	}

	keepsLatest(group: string): boolean {
		return this.#ruleOf(group)?.latest === true;
	}

	#ruleOf(group: string): Bounds | undefined {
		const { ofGroups } = this.#rules;
		return ofGroups.get(group) ?? ofGroups.get(group.replace(/\d+$/, "*"));
	}

	#keyOf(message: Message): string | undefined {
		return this.isLatest(message) ? (message.key ?? "") : message.key;
	}

	#boundsOf({ client, group = "" }: Message): Bounds {
		const own = client === undefined ? this.#ruleOf(group) : undefined;
		return own ?? this.#rules.byDefault;
	}

	#trim(now: number): void {
		for (const bounds of [this.#rules.byDefault, ...this.#rules.ofGroups.values()]) {
			const kept = this.events.filter(
				(event) => this.#boundsOf(event) === bounds && !event.isReplaced && !event.isTrimmed,
			);
			kept.forEach((event, index) => {
				const isBeyond = kept.length - index > bounds.maxEvents;
				if (isBeyond || now - event.at >= bounds.maxAgeMs) event.isTrimmed = true;
			});
		}
	}
}

/** Whether an event is for a reader, as these are now. */
export function isFor({ client, group, exceptClient }: Message, reader: Reader): boolean {
	if (client !== undefined && client !== reader.clientId) return false;
	if (group !== undefined && !reader.groups.has(group)) return false;
	return exceptClient !== reader.clientId;
}

function isOfUse({ isReplaced, ttlMs = Infinity, at }: Kept, now: number): boolean {
	return !isReplaced && now < at + ttlMs;
}
