/** The path of the executable of the compiler that is written in Go. */
export const typescript7: string;
