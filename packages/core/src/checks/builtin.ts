/**
 * Modules of Node that other runtimes may lack. An import of one would fail there.
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

/** The module, or `undefined` where the runtime has none. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
	return (globalThis as Runtime).process?.getBuiltinModule?.(name);
}
