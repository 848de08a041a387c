import { randomBytes } from "node:crypto";

/** Sixteen random hex digits, by which two lives of one id are told apart. */
export function randomInstance(): string {
  return randomBytes(8).toString("hex");
}
