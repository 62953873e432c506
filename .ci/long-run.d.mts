/** Whether everything runs at full size, and what measures time is measured. */
export const isLongRun: boolean;
