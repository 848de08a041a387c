import { RuntimeCli } from "../runtime/cli/runtime-cli.ts";
import type { Container } from "../runtime/container.ts";
import type { Context } from "./context.ts";

/** The runtime that a container was started with. */
export function runtimeOf(
  context: Pick<Context, "execute">,
  container: Pick<Container, "record" | "directory">,
): RuntimeCli {
  const { runtime, runtimeArgs } = container.record;
  return new RuntimeCli(context.execute, {
    path: runtime,
    args: runtimeArgs,
    log: container.directory.process("init").runtimeLog,
  });
}
