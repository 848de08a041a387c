import type { Command } from "commander";

/**
 * Takes the command line as Go's flag package does, through which containerd 0.2.x was started: a long flag may have one
 * dash (`-state-dir=X`), and a switch may have a value (`--debug=false`).
 */
export function goFlags(command: Command, argv: readonly string[]): string[] {
  const result: string[] = [];
  const rest = argv.values();
  for (const argument of rest) {
    const [, name, , value] = /^--?([a-z][a-z0-9-]*)(=(.*))?$/s.exec(argument) ?? [];
    const option = command.options.find(({ long, short }) => long === `--${name}` || short === `-${name}`);
    if (argument === "--") {
      result.push(argument, ...rest);
    } else if (option?.long === undefined) {
      result.push(argument);
    } else if (option.required) {
      // The value as it is, whatever it looks like: `--runtime-args --root=X`.
      result.push(option.long, ...(value === undefined ? rest.take(1) : [value]));
    } else if (value === undefined) {
      result.push(option.long);
    } else if (/^(true|t|1)$/i.test(value)) {
      result.push(option.long);
    } else if (!/^(false|f|0)$/i.test(value)) {
      result.push(argument);
    }
  }
  return result;
}
