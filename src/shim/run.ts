import { mkdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { systemClock } from "../base/clock.ts";
import { Failure, messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { Semaphore } from "../base/semaphore.ts";
import { executor } from "../runtime/cli/execute.ts";
import { type ShimDir, StateDir } from "../state/layout.ts";
import { Children, type ChildrenOptions } from "../sys/children.ts";
import type { Sys } from "../sys/sys.ts";
import { Endings } from "./launch/endings.ts";
import { runtimeEnvironment } from "./launch/environment.ts";
import type { ShimOptions } from "./options.ts";
import { ShimServer } from "./server.ts";
import { Shim } from "./shim.ts";
import { socketPath } from "./socket-path.ts";
import { makePolls } from "./stdio/polls.ts";

export interface RunNeeds extends ShimOptions {
  readonly sys: Sys;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

/** Whoever starts a shim connects to it at once; one that nobody wants ends after so many ms. */
const unwanted = 10_000;

/** A daemon that goes may be followed by another at once; ms. */
const linger = 200;

/** Serves until there is nothing left to do: no process, no exit that is not acknowledged, no daemon. */
export async function runShim(needs: RunNeeds): Promise<void> {
  const { sys, name, log } = needs;
  const directory = new StateDir(needs.state).shim(name);
  standUp(sys, log);
  mkdirSync(directory.path, { recursive: true, mode: 0o711 });
  await makeRoom(directory, name);
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  let begun = false;
  let ending: NodeJS.Timeout | undefined;
  const isOver = (): boolean => begun && shim.isIdle && server.connections === 0;
  const rest = (): void => {
    clearTimeout(ending);
    ending = isOver() ? setTimeout(() => isOver() && end(), linger) : undefined;
  };
  const wanted = (): void => {
    begun = true;
    rest();
  };
  const server = new ShimServer({ name, log, onRest: wanted });
  const shim: Shim = new Shim(
    shimNeeds(
      needs,
      (push) => server.tell(push),
      rest,
      (...end) => shim.recordEnd(...end),
    ),
  );
  using address = socketPath(directory.socket);
  await server.listen(address.path, shim);
  process.on("SIGTERM", () => {
    if (shim.isIdle) end();
    else
      log.warn(
        "SIGTERM is ignored: there are processes, which go on without this shim only with the daemon's help",
      );
  });
  const beginning = setTimeout(wanted, unwanted);
  await over;
  clearTimeout(beginning);
  server.close();
  tidy(directory);
  // Sockets that are still closing, watchers and timers hold nothing that matters any more.
  process.exit(0);
}

function shimNeeds(
  { sys, env, log, launches }: RunNeeds,
  tell: ConstructorParameters<typeof Shim>[0]["tell"],
  onRest: () => void,
  onEnd: NonNullable<ChildrenOptions["onEnd"]>,
): ConstructorParameters<typeof Shim>[0] {
  const children = new Children(sys, { onEnd });
  const polls = makePolls(sys);
  const runtimeEnv = runtimeEnvironment(env);
  return {
    ...{ sys, polls, children, log, tell, onRest, env: runtimeEnv, clock: systemClock },
    endings: new Endings(sys, children, polls.reading),
    execute: executor(sys, children, new Semaphore(launches), runtimeEnv),
    launches: new Semaphore(launches),
  };
}

/** What the kernel is to do for this process, and what its children inherit. */
function standUp(sys: Sys, log: Logger): void {
  sys.setChildSubreaper();
  sys.raiseOpenFiles();
  // The runtimes': what they make in a container's root must be as its makers meant it. Our own files say their modes.
  sys.umask(0o022);
  for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE"] as const) process.on(signal, () => {});
  // One process's trouble must not cost the others their shim.
  process.on("uncaughtException", (error) => log.error(`unexpected: ${error.stack ?? messageOf(error)}`));
}

/** A socket that nobody listens at is a dead shim's. */
async function makeRoom(directory: ShimDir, name: string): Promise<void> {
  using address = socketPath(directory.socket);
  const answered = await new Promise<boolean>((resolve) => {
    const socket = createConnection(address.path);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
  if (answered)
    throw new Failure(
      "FAILED_PRECONDITION",
      `another shim serves ${name} at ${directory.socket}; this one ends`,
    );
  rmSync(directory.socket, { force: true });
}

/** The socket went with its server: another shim's may be there by now. The log stays where it says something. */
function tidy(directory: ShimDir): void {
  try {
    if (statSync(directory.log, { throwIfNoEntry: false })?.size === 0) rmSync(directory.log);
    rmdirSync(directory.path);
  } catch {
    // Somebody keeps something there.
  }
}
