/**
 * What runs are made of, so that a reader knows which event it has received: the id says how many tokens there are and how long
 * each takes, and a token says its place and who produced it.
 */

export interface RunPlan {
	readonly tokens: number;
	readonly everyMs: number;
}

export interface Token {
	/** From 0. */
	readonly index: number;
	/** Of one call of a producer. */
	readonly producer: string;
}

export function encodeRunId(name: string, { tokens, everyMs }: RunPlan): string {
	return `${name}_${tokens}_${everyMs}`;
}

export function planOf(id: string): RunPlan {
	const [, tokens, everyMs] = id.split("_");
	return { tokens: Number(tokens), everyMs: Number(everyMs) };
}

export function encodeToken({ index, producer }: Token): string {
	return `${index} ${producer}`;
}

/** @returns `undefined` if it is none */
export function decodeToken(data: string): Token | undefined {
	const [, index, producer] = /^(\d+) (\S+)$/.exec(data) ?? [];
	return producer === undefined ? undefined : { index: Number(index), producer };
}
