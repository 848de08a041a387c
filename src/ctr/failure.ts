/** Ends the command with an exit code and nothing more to say: a process's own, mostly. */
export class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** A mistake of the user's that no option can tell by itself. */
export class UsageError extends Error {}

/** What stderr gets for an error: one sentence, and with --debug where it came from. */
export function messageFor(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `ctr: ${String(error)}\n`;
  const sentence = `ctr: ${error.message.trimEnd() || error.name}\n`;
  if (!debug) return sentence;
  const causes: string[] = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) causes.push(one.stack ?? one.message);
  return `${sentence}${causes.join("\ncaused by: ")}\n`;
}
