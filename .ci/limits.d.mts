export const RUN_LIMIT_MS: number;
