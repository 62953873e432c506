/**
 * The listeners of a Node response with an open stream. All responses share the same functions: each finds the sink by the
 * response that it is called on.
 */
import { types } from "node:util";
import { isStandIn, type NodeResponse } from "./node-objects.js";
import { type OpenSink, openSinks } from "./open-sinks.js";

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
function listenersFor(response: NodeResponse): Listeners {
	if (!isProxy(response)) return SHARED;
	const listeners = ofProxies.get(response) ?? {
		onClose: onResponseClose.bind(response),
		onPrefinish: onResponsePrefinish.bind(response),
		onFinish: onStandInFinish.bind(response),
	};
	ofProxies.set(response, listeners);
	return listeners;
}

function ignoreError(): void {}

/** Registers a sink, and listens for it. */
export function add(response: NodeResponse, sink: OpenSink): void {
	openSinks.set(response, sink);
	// Listens to 'close' of the response, never of the request, which closes as soon as its body has been read.
	// A client that vanishes while a write is blocked emits only this (Node 20).
	const { onClose, onPrefinish } = listenersFor(response);
	response.on("close", onClose);
	response.on("prefinish", onPrefinish);
	// Without a listener a transport error would be thrown. 'close' follows and is enough.
	response.on("error", ignoreError);
}

/** Closes the sink on a stand-in when it has finished, because no server emits 'close' for it. */
export function closeOnFinish(response: NodeResponse): void {
	if (isStandIn(response)) response.on("finish", listenersFor(response).onFinish);
}

/** The same for a stand-in that has been ended. Some emit nothing. */
export function finishStandIn(response: NodeResponse): void {
	if (!isStandIn(response) || !response.writableFinished) return;
	listenersFor(response).onFinish.call(response);
}

/** The same for a stand-in that has been destroyed. */
export function closeStandIn(response: NodeResponse): void {
	if (isStandIn(response)) listenersFor(response).onClose.call(response);
}

export function remove(response: NodeResponse): void {
	openSinks.delete(response);
	const { onClose, onPrefinish, onFinish } = listenersFor(response);
	response.removeListener("close", onClose);
	response.removeListener("prefinish", onPrefinish);
	response.removeListener("error", ignoreError);
	response.removeListener("finish", onFinish);
}
