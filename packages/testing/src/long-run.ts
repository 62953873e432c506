/**
 * Sizes of tests. Most runs prove in seconds what a long run, `npm run test:long`, proves at full size.
 */

/** Whether everything runs at full size, and what measures time is measured. */
export const isLongRun = process.env.SSE_LONG_RUN === "1";

/** The size of this run. */
export function sizeOf<T>({ usual, long }: { readonly usual: T; readonly long: T }): T {
	return isLongRun ? long : usual;
}
