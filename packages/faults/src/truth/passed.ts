/**
 * What a reader passes by on its way through the log. Types only: nothing here runs.
 */
import type { Sent } from "./sent.js";
import type { Told } from "./told.js";

/** An event, or a command. */
export type Passed =
	| { readonly number: number; readonly sequence: number; readonly sent: Sent }
	| { readonly id: number; readonly sequence: number; readonly told: Told };
