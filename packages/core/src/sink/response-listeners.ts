/**
 * The listeners of a Node response with an open stream. They are the same functions for all responses: each finds the sink by
 * the response that it is called on.
 */
import { types } from "node:util";
import type { NodeResponse } from "./node-objects.js";
import { openSinks } from "./open-sinks.js";

const { isProxy } = types;

/** One function for all responses. */
function onResponseClose(this: NodeResponse): void {
	openSinks.get(this)?.detach()?.onClose(this.writableEnded);
}

function onResponsePrefinish(this: NodeResponse): void {
	openSinks.get(this)?.finish();
}

/** What a server does for its own. */
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

/** Node calls the listeners with the response itself. Where that is behind a Proxy, it is not the object that the sink is known by. */
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
