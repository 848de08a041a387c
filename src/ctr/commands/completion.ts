import type { Command } from "commander";
import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";

/** A script for each shell; all of them ask `ctr complete`, so that there is one truth. */
const scripts: Readonly<Record<string, string>> = {
  bash: `_ctr() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(ctr complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ctr ctr`,
  zsh: `#compdef ctr
_ctr() {
  local -a found
  found=("\${(@f)$(ctr complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _ctr ctr`,
  fish: `complete -c ctr -f -a '(ctr complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
complete -c ctr -n '__fish_seen_subcommand_from run start bundle' -F`,
};

/** `ctr completion SHELL`: source it, or put it where the shell looks. */
export async function completion({ words: [shell = ""] }: Invocation): Promise<void> {
  console.log(scripts[shell]);
}

/** `ctr complete -- WORD…`: what the last word may become, a line each. */
export async function complete({ globals, words, command }: Invocation): Promise<void> {
  const last = words.at(-1) ?? "";
  const found = await candidates(root(command), words.slice(0, -1), last, async () => {
    const listed = await clientOf(globals)
      .containers.list({ timeout: 1000 })
      .catch(() => []);
    return listed.map(({ id }) => id);
  });
  process.stdout.write(found.map((one) => `${one}\n`).join(""));
}

function root(command: Command): Command {
  return command.parent === null ? command : root(command.parent);
}

/**
 * What a word may become after others.
 *
 * @param containers the ids of containers, asked for only where one may stand
 */
export async function candidates(
  program: Command,
  before: readonly string[],
  last: string,
  containers: () => Promise<string[]>,
): Promise<string[]> {
  let command = program;
  let operands = 0;
  let awaiting: string | undefined;
  for (const word of before) {
    if (awaiting !== undefined) awaiting = undefined;
    else if (word.startsWith("-")) awaiting = optionOf(command, word)?.required === true ? word : undefined;
    else {
      const next = operands === 0 ? subcommand(command, word) : undefined;
      if (next === undefined) operands += 1;
      else command = next;
    }
  }
  if (awaiting !== undefined) return awaiting === "--id" ? fitting(await containers(), last) : [];
  if (last.startsWith("-")) return fitting(optionsOf(command), last);
  if (command.commands.length > 0) return fitting(namesOf(command), last);
  const argument = command.registeredArguments[Math.min(operands, command.registeredArguments.length - 1)];
  const takesId = argument?.name() === "id" && (operands === 0 || argument.variadic);
  // The id of a container to be is nobody's yet.
  return takesId && command.name() !== "run" && command.name() !== "start"
    ? fitting(await containers(), last)
    : [];
}

function fitting(all: readonly string[], last: string): string[] {
  return all.filter((one) => one.startsWith(last));
}

function optionOf(command: Command, word: string) {
  const name = word.split("=", 1)[0];
  if (word.includes("=")) return undefined;
  for (let one: Command | null = command; one !== null; one = one.parent) {
    const found = one.options.find(({ long, short }) => long === name || short === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function optionsOf(command: Command): string[] {
  return [...command.options.flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long])), "--help"];
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function namesOf(command: Command): string[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => one.name());
}
