/**
 * Unique ids: of a new log, and of a writer.
 */
import { randomBytes } from "node:crypto";

/** 16 characters of `A-Z a-z 0-9 _ -`, 96 bits. */
export function newLogId(): string {
	return randomBytes(12).toString("base64url");
}
