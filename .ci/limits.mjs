// The one limit in time of the tests.

/**
 * After this a whole `npm test` is ended: CI gives it 90 minutes. No command, test, hook or wait within it has a shorter
 * limit: on a busy machine each of them takes as long as it takes.
 */
export const RUN_LIMIT_MS = 85 * 60_000;
