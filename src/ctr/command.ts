import { Command } from "commander";

/**
 * A command that reads flags as containerd 0.2.x's ctr does, which has them from Go: `-flag` is as good as `--flag`, and a
 * switch may be given as `--flag=true`.
 */
export class GoCommand extends Command {
  override createCommand(name?: string): GoCommand {
    return new GoCommand(name);
  }

  override parseOptions(args: string[]): { operands: string[]; unknown: string[] } {
    return super.parseOptions(this.#rewritten(args));
  }

  /** A mistake in the line names the help that helps. */
  override error(message: string, options?: Parameters<Command["error"]>[1]): never {
    const names: string[] = [];
    for (let one: Command | null = this; one !== null; one = one.parent) names.unshift(one.name());
    return super.error(`${message} (see ${names.join(" ")} --help)`, options);
  }

  #rewritten(args: readonly string[]): string[] {
    const rewritten: string[] = [];
    for (let index = 0; index < args.length; index += 1) {
      const arg = args[index] ?? "";
      // After the first word that is no flag, flags may be another command's, or the container's program's.
      if (arg === "--" || !arg.startsWith("-") || arg === "-") return [...rewritten, ...args.slice(index)];
      const [, name = "", value] = /^--?([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
      const option = name.length < 2 ? undefined : this.options.find(({ long }) => long === `--${name}`);
      if (option === undefined) {
        rewritten.push(arg);
      } else if (!option.required && !option.optional) {
        if (value === undefined || isTrue(value)) rewritten.push(`--${name}`);
      } else if (value !== undefined) {
        rewritten.push(`--${name}=${value}`);
      } else {
        rewritten.push(`--${name}`);
        index += 1;
        if (index < args.length) rewritten.push(args[index] ?? "");
      }
    }
    return rewritten;
  }
}

function isTrue(value: string): boolean {
  return /^(1|t|true)$/i.test(value);
}
