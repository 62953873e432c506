/**
 * What Node reports when nobody handles it: rejections, exceptions and warnings of this process.
 */
const KINDS = ["unhandledRejection", "uncaughtException", "warning"] as const;

export interface Complaints {
	/** Stops collecting. @returns what was reported */
	stop(): readonly unknown[];
}

/** Collects them from now on, by default all kinds. Meanwhile a rejection or an exception of these does not end the process. */
export function collectComplaints(...only: readonly (typeof KINDS)[number][]): Complaints {
	const kinds = only.length > 0 ? only : KINDS;
	const complaints: unknown[] = [];
	const complain = (complaint: unknown): void => void complaints.push(complaint);
	for (const kind of kinds) process.on(kind, complain);
	return {
		stop: () => {
			for (const kind of kinds) process.off(kind, complain);
			return complaints;
		},
	};
}
