// Most runs prove in seconds what a long run, `npm run test:long`, proves at full size.

/** Whether everything runs at full size, and what measures time is measured. */
export const isLongRun = process.env.SSE_LONG_RUN === "1";
