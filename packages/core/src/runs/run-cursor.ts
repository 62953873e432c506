/**
 * A run's cursor: the `id` of its events, `<attempt>.<sequence>`. It comes back as `Last-Event-ID`, as untrusted input.
 */
export interface RunCursor {
	readonly attempt: string;
	readonly sequence: number;
}

// An attempt is ten characters of nanoid's alphabet; a store may have its own, which is not longer.
const FORM = /^([\w-]{1,40})\.(0|[1-9]\d{0,14})$/;

export function encodeRunCursor({ attempt, sequence }: RunCursor): string {
	return `${attempt}.${sequence}`;
}

/** @returns `undefined` when it is none */
export function parseRunCursor(id: string): RunCursor | undefined {
	const [, attempt, sequence] = FORM.exec(id) ?? [];
	return attempt === undefined ? undefined : { attempt, sequence: Number(sequence) };
}
