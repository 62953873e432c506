/**
 * The default service of the process: how it was configured, and which apps use it.
 */
import { isObject, SSEError } from "../checks/errors.js";
import { Context } from "../pacing/context.js";
import type { SSEServiceOptions } from "./option-types.js";
import { createService } from "./service.js";
import type { SSEService } from "./service-types.js";
import type { Inner } from "./shutdown.js";

// On globalThis under a versioned key: the ESM and the CommonJS build, or two copies of the package, in
// one process must share one registry.
const KEY = Symbol.for("sse-service.default.v1");

interface DefaultService {
	readonly service: SSEService & Pick<Inner<unknown>, "isClosing">;
	/** The options that it was created with, or `undefined` if it was created without. */
	readonly options: SSEServiceOptions | undefined;
	/** Whether an app created it. Its configuration then ends with the last app that uses it. */
	readonly isOfApps: boolean;
	/** How many open apps use it. */
	apps: number;
}

const holder = globalThis as { [KEY]?: DefaultService };

// The first request may create the service, which must not belong to that request's context.
const context = new Context();

/**
 * The service behind `connectSSE` and the other documented functions. Options configure it: call it with them before the
 * first use.
 *
 * @throws `ERR_SSE_ALREADY_CONFIGURED` when it is in use or configured with other options; `ERR_SSE_INVALID_OPTION`
 */
export function getDefaultService(options?: SSEServiceOptions): SSEService {
	return find(options, false).service;
}

/** The default service, as one app uses it. */
export interface DefaultServiceLease {
	readonly service: SSEService;
	/** Call when the app has closed. Further calls do nothing. */
	release(): void;
}

/**
 * Uses the default service for an app. After the last app that uses an app-created service has closed, the next app may
 * configure it again.
 *
 * @throws like {@link getDefaultService}
 */
export function leaseDefaultService(options: SSEServiceOptions | undefined): DefaultServiceLease {
	const found = find(options, true);
	found.apps++;
	let isHeld = true;
	const release = (): void => {
		if (isHeld) found.apps--;
		isHeld = false;
	};
	return { service: found.service, release };
}

function find(options: SSEServiceOptions | undefined, isForApp: boolean): DefaultService {
	const present = holder[KEY];
	if (present === undefined) return make(options, isForApp);
	if (isReleased(present) && (isForApp || options !== undefined)) {
		if (differing(options, present.options) === undefined && !present.service.isClosing) {
			return present;
		}
		void present.service.close();
		return make(options, isForApp);
	}
	// Without options, an existing service fits.
	const other = options && differing(options, present.options);
	if (other !== undefined) throw alreadyConfigured(other, typeof options?.[other] === "function");
	return present;
}

function make(options: SSEServiceOptions | undefined, isOfApps: boolean): DefaultService {
	const service = context.run(() => createService(options)) as DefaultService["service"];
	const made = { service, options, isOfApps, apps: 0 };
	holder[KEY] = made;
	return made;
}

/** Whether an app created it and every app that used it has closed. Connections of `connectSSE` belong to no app. */
function isReleased({ isOfApps, apps, service }: DefaultService): boolean {
	return isOfApps && apps === 0 && service.stats().connections === 0;
}

/** Returns the first option that differs. */
function differing(
	one: SSEServiceOptions = {},
	other: SSEServiceOptions = {},
): keyof SSEServiceOptions | undefined {
	const names = Object.keys({ ...one, ...other }) as (keyof SSEServiceOptions)[];
	// By value, because `history` is often an inline literal. Functions compare by identity.
	return names.find((name) => {
		// By identity, because two logs can have equal members.
		if (name === "eventLog") return one[name] !== other[name];
		return !isAlike(one[name], other[name]);
	});
}

/** Compares objects by their members, anything else by identity. */
function isAlike(one: unknown, other: unknown): boolean {
	if (!isObject(one) || !isObject(other)) return Object.is(one, other);
	const keys = Object.keys({ ...one, ...other });
	return keys.every((key) => isAlike(one[key], other[key]));
}

function alreadyConfigured(option: string, isFunction: boolean): SSEError {
	const hint = isFunction ? " (a function must be the same one, not written twice)" : "";
	return new SSEError(
		"ERR_SSE_ALREADY_CONFIGURED",
		`The default service of this process is in use with another value of the option ${option}${hint}. ` +
			"Close the app that uses it, or pass { service: createSSEService(options) } to use separate services",
	);
}
