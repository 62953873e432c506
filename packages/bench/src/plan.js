// Who is sent what. Server and client follow the same plan, so the client knows every byte of every
// connection before it comes.

import { counted, createEvent } from "./event.js";

/**
 * @typedef {object} Plan
 * @property {number} connections
 * @property {Target} target what one send addresses
 * @property {number} audiences how many there are of it; connections are dealt over them in turn
 * @property {number} events how many each connection gets
 * @property {number} eventBytes of an event's block
 * @property {number} slow how many connections, the first ones, stop reading when they are open
 * @property {boolean} heartbeats with the options the implementation has by itself; the events are then its heartbeats
 * @property {boolean} timed the client notes when each event comes
 *
 * @typedef {"all" | "group" | "client"} Target
 *
 * @typedef {object} Addressee how a connection is known to the server; nothing when everyone is addressed together
 * @property {string} [client]
 * @property {string} [group]
 */

/** @type {Plan} */
const IDLE = {
	connections: 0,
	target: "all",
	audiences: 1,
	events: 0,
	eventBytes: 128,
	slow: 0,
	heartbeats: false,
	timed: false,
};

/** A plan that sends nothing, except as given. @param {Partial<Plan> & { connections: number }} given @returns {Plan} */
export function createPlan(given) {
	return { ...IDLE, ...given };
}

/** Which audience a connection is of. @param {Plan} plan @param {number} connection */
export function audienceOf({ audiences }, connection) {
	return connection % audiences;
}

/**
 * The `nth` event that an audience gets: no two of a run are alike. How often it is made into JSON is counted in
 * the last, which is in no measurement: counting costs.
 * @param {Plan} plan @param {number} nth @param {number} audience
 */
export function eventOf({ audiences, events, eventBytes }, nth, audience) {
	const event = createEvent(nth * audiences + audience, eventBytes);
	return nth === events - 1 ? counted(event) : event;
}

/** The request target that a connection asks for. @param {Plan} plan @param {number} connection */
export function pathOf(plan, connection) {
	return plan.target === "all" ? "/" : `/${plan.target}/${audienceOf(plan, connection)}`;
}

/** The inverse of `pathOf`. @param {string} [path] @returns {Addressee} */
export function addresseeOf(path = "/") {
	const [, target = "", name] = path.split("/");
	return target === "" ? {} : { [target]: name };
}
