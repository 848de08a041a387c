import { messageOf } from "../base/errors.ts";
import { RuntimeCli } from "../runtime/cli/runtime-cli.ts";
import type { Container } from "../runtime/container.ts";
import type { Context } from "./context.ts";

const undoMs = 30_000;

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

/**
 * Has the runtime forget a container that was not started properly. One that it knows by this id from somebody else, who had made it
 * before ours was asked for, is the reason for the failure then, and stays as it is.
 */
export async function deleteIfOurs(
  context: Pick<Context, "execute" | "logger">,
  container: Container,
): Promise<void> {
  const runtime = runtimeOf(context, container);
  const limit = AbortSignal.timeout(undoMs);
  try {
    const created = await runtime.created(container.id, limit);
    // runc's "created" has whole seconds in some versions
    const ours = created !== undefined && created + 1000 > Number(container.record.created / 1_000_000n);
    if (ours) await runtime.delete(container.id, { force: true }, limit);
  } catch (error) {
    context.logger.warn("could not undo a failed start", { id: container.id, error: messageOf(error) });
  }
}
