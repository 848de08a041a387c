import { isSignal, signalName as nameOrNumber, signalNumber as numberOf } from "../base/signal-names.ts";
import { InvalidArgument } from "./errors.ts";

/** A signal: its number, or its name with or without SIG, in either case. */
export type Signal = number | NodeJS.Signals | (string & {});

/** @throws InvalidArgument */
export function signalNumber(signal: Signal): number {
  const number = numberOf(String(signal));
  if (number === undefined)
    throw new InvalidArgument(
      `unknown signal "${signal}": expected a name such as SIGTERM or a number from 1 to 64`,
    );
  return number;
}

/** The name of a number, such as "SIGKILL". */
export function signalName(number: number): string | undefined {
  return isSignal(number) ? nameOrNumber(number) : undefined;
}
