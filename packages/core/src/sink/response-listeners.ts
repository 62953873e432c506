/**
 * The listeners of a Node response with an open stream. All responses share the same functions: each finds the sink by the
 * response that it is called on.
 */
import { types } from "node:util";
import type { NodeResponse } from "./node-objects.js";
import { openSinks } from "./open-sinks.js";

const { isProxy } = types;

/** Shared by all responses. */
function onResponseClose(this: NodeResponse): void {
	openSinks.get(this)?.detach()?.onClose(this.writableEnded);
}

function onResponsePrefinish(this: NodeResponse): void {
	openSinks.get(this)?.finish();
}

/** Does for a stand-in what a server does for its responses. */
function onStandInFinish(this: NodeResponse): void {
	setImmediate(() => onResponseClose.call(this));
}

interface Listeners {
	onClose(this: NodeResponse): void;
	onPrefinish(this: NodeResponse): void;
	onFinish(this: NodeResponse): void;
}

const SHARED: Listeners = {
	onClose: onResponseClose,
	onPrefinish: onResponsePrefinish,
	onFinish: onStandInFinish,
};

const ofProxies = new WeakMap<object, Listeners>();

/** Node calls listeners with the response itself. If that is behind a Proxy, the sink is registered under another object. */
export function listenersFor(response: NodeResponse): Listeners {
	if (!isProxy(response)) return SHARED;
	const listeners = ofProxies.get(response) ?? {
		onClose: onResponseClose.bind(response),
		onPrefinish: onResponsePrefinish.bind(response),
		onFinish: onStandInFinish.bind(response),
	};
	ofProxies.set(response, listeners);
	return listeners;
}

export function ignoreError(): void {}
