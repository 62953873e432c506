/**
 * Sizes of tests. Most runs prove in seconds what a long run, `npm run test:long`, proves at full size.
 */

import { isLongRun } from "../../../.ci/long-run.mjs";

export { isLongRun };

/** The size of this run. */
export function sizeOf<T>({ usual, long }: { readonly usual: T; readonly long: T }): T {
	return isLongRun ? long : usual;
}
