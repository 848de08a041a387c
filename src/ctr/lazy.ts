import type { Command } from "commander";
import { type Globals, globalsOf } from "./globals.ts";

/** What a command is given: the options of every command, its own, and its words. */
export interface Invocation<Options = Record<string, never>> {
  readonly globals: Globals;
  readonly options: Options;
  /** The words after the flags; those that a command does not need may be absent. */
  readonly words: readonly string[];
  readonly command: Command;
}

/** An action whose file is loaded when it is run. */
export function lazily<Options>(
  load: () => Promise<(invocation: Invocation<Options>) => Promise<void>>,
): (this: Command, ...args: unknown[]) => Promise<void> {
  return async function (this: Command) {
    const action = await load();
    await action({
      globals: globalsOf(this),
      options: this.opts() as Options,
      words: this.args,
      command: this,
    });
  };
}
