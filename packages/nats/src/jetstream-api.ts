/**
 * The requests and responses of JetStream's API: the parts used here, under their own names.
 */

export interface StreamConfig {
	readonly name: string;
	readonly description?: string;
	readonly subjects?: readonly string[];
	readonly storage?: "file" | "memory";
	readonly num_replicas?: number;
	readonly max_msgs?: number;
	readonly max_bytes?: number;
	/** All times are in nanoseconds. */
	readonly max_age?: number;
	readonly max_msgs_per_subject?: number;
	readonly duplicate_window?: number;
	readonly discard?: "old";
	readonly retention?: "limits";
	readonly deny_delete?: boolean;
	readonly mirror?: { readonly name: string };
	/** Republishes stored messages, without guarantees, to all subscribers. */
	readonly republish?: { readonly src: string; readonly dest: string };
}

export interface StreamInfo {
	readonly config: StreamConfig;
	/** In ISO 8601, like all dates. */
	readonly created: string;
	/** The time of the answer. Servers before 2.10 omit it. */
	readonly ts?: string;
	readonly state: StreamState;
	readonly cluster?: ClusterInfo;
}

/** Only servers in a cluster send it. */
interface ClusterInfo {
	/** The name of the server that leads the stream, or runs the consumer. */
	readonly leader?: string;
}

export interface StreamState {
	readonly first_seq: number;
	readonly first_ts: string;
	/** The sequence of the newest message ever stored, whether or not it is still kept. */
	readonly last_seq: number;
	readonly num_subjects?: number;
	/** With `subjects_filter`: how many messages each subject has. */
	readonly subjects?: Readonly<Record<string, number>>;
}

export interface ConsumerConfig {
	readonly deliver_policy: "by_start_sequence" | "last_per_subject" | "new";
	readonly opt_start_seq?: number;
	readonly filter_subject?: string;
}

export interface ConsumerInfo {
	readonly name: string;
	readonly created: string;
	readonly delivered: { readonly consumer_seq: number };
	readonly num_pending: number;
	readonly cluster?: ClusterInfo;
}

export interface AccountInfo {
	/** In bytes. -1: none. */
	readonly limits: { readonly max_memory: number; readonly max_storage: number };
}

/** Selects a message: by sequence, the newest of a subject, or the first of a subject from a sequence on. */
export type MessageQuery =
	| { readonly seq: number; readonly next_by_subj?: string }
	| { readonly last_by_subj: string };

export interface MessageResponse {
	readonly message: {
		readonly subject: string;
		readonly seq: number;
		/** In base64. */
		readonly data?: string;
		readonly time: string;
	};
}

export interface ApiError {
	readonly err_code: number;
	readonly description: string;
}
