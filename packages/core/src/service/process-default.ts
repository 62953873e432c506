/**
 * The default service of the process: who has configured it, and which apps use it.
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
	/** The options it was made with, or `undefined` when it was made without. */
	readonly options: SSEServiceOptions | undefined;
	/** Whether an app has made it, whose configuration ends with the last app that uses the service. */
	readonly isOfApps: boolean;
	/** How many apps use it that have not closed. */
	apps: number;
}

const holder = globalThis as { [KEY]?: DefaultService };

// It may be made by the first request, and is not of that.
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
	/** The app has closed: called once or more often. */
	release(): void;
}

/**
 * Use the default service for an app. When the last app has closed that uses a service which apps have made, the next one
 * may configure it anew.
 *
 * @throws as {@link getDefaultService}
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
	// Without options, what is there will do.
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

/** Whether it is an app's, and every app that used it has closed. Connections of `connectSSE` belong to none. */
function isReleased({ isOfApps, apps, service }: DefaultService): boolean {
	return isOfApps && apps === 0 && service.stats().connections === 0;
}

/** The first option in which they differ. */
function differing(
	one: SSEServiceOptions = {},
	other: SSEServiceOptions = {},
): keyof SSEServiceOptions | undefined {
	const names = Object.keys({ ...one, ...other }) as (keyof SSEServiceOptions)[];
	// By value, because `history` is often written where it is used. Functions are what they are.
	return names.find((name) => {
		// Two logs look alike.
		if (name === "eventLog") return one[name] !== other[name];
		return !isAlike(one[name], other[name]);
	});
}

/** Objects by their members, anything else by what it is. */
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
			"Close the app that uses it, or pass { service: createSSEService(options) } to keep apart",
	);
}
