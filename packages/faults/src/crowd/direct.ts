/** The type of events that are sent to one connection alone, and the parameter that asks for them. */
export const DIRECT = "direct";

/** The type of the event that `recover` returns, and the group, which is sent nothing, of the streams for which it does. */
export const RECOVERED = "recovered";

/** The type of large events, without ids, that fill a stream at once, and the parameter that asks for them. */
export const HEAVY = "heavy";
