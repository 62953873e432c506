/** The type of events that are sent to one connection alone, and the parameter that asks for them. */
export const DIRECT = "direct";
