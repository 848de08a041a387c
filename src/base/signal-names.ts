import { constants } from "node:os";

/** signal(7): real-time signals run from 34 to 64, glibc having taken two of the kernel's. */
const firstRealTime = 34;
const lastRealTime = 64;

/**
 * A signal by name or number: "KILL", "SIGKILL", "kill", "9", "SIGRTMIN+1".
 *
 * @returns its number, undefined where there is none
 */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return isSignal(Number(text)) ? Number(text) : undefined;
  const name = text.toUpperCase().replace(/^(SIG)?/, "SIG");
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (realTime !== null) {
    const [, end, sign = "+", by = "0"] = realTime;
    const number = (end === "MIN" ? firstRealTime : lastRealTime) + (sign === "-" ? -1 : 1) * Number(by);
    return number >= firstRealTime && number <= lastRealTime ? number : undefined;
  }
  return (constants.signals as Readonly<Record<string, number | undefined>>)[name];
}

/** "SIGKILL" for 9; the number itself, as text, where there is no name. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(
    ([name, value]) => value === number && name !== "SIGIOT" && name !== "SIGPOLL" && name !== "SIGUNUSED",
  );
  return found?.[0] ?? String(number);
}

/** Whether the kernel knows a signal of this number. */
export function isSignal(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= lastRealTime;
}
