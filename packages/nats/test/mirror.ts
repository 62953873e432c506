/**
 * The mirror of a log. JetStream writes it a moment after the log, so what is purged in between is in neither.
 */
import { askJetStream, type TestConnection } from "./nats.js";
import { until } from "./until.js";

type Info = { readonly state: { readonly last_seq: number } };

/** Resolves once the mirror has what the log has up to a sequence. */
export async function untilMirrored(
	operator: TestConnection,
	prefix: string,
	sequence: number,
): Promise<void> {
	await until(
		`message ${sequence} in the mirror`,
		() => askJetStream(operator, `STREAM.INFO.${prefix}_LATEST`),
		(info) => (info as unknown as Info).state.last_seq === sequence,
	);
}

/** Purges a log, up to a sequence if one is given, once its mirror has a copy. A log without groups that keep `latest` has none. */
export async function purge(
	operator: TestConnection,
	prefix: string,
	upTo?: number,
): Promise<void> {
	const infoOf = (name: string): Promise<Info | undefined> =>
		askJetStream(operator, `STREAM.INFO.${name}`).then(
			(info) => info as unknown as Info,
			() => undefined,
		);
	const [log, mirror] = [await infoOf(prefix), await infoOf(`${prefix}_LATEST`)];
	if (log !== undefined && mirror !== undefined) {
		await untilMirrored(operator, prefix, log.state.last_seq);
	}
	await askJetStream(
		operator,
		`STREAM.PURGE.${prefix}`,
		upTo === undefined ? {} : { seq: upTo + 1 },
	);
}
