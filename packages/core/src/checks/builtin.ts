/**
 * Modules of Node that other runtimes may lack, where importing them would fail.
 */

interface Builtins {
	"node:async_hooks": typeof import("node:async_hooks");
	"node:events": typeof import("node:events");
}

interface Runtime {
	readonly process?: {
		getBuiltinModule?<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined;
	};
}

/** Returns the module, or `undefined` if the runtime lacks it. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
	return (globalThis as Runtime).process?.getBuiltinModule?.(name);
}
