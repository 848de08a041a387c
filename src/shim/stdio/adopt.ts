import { fromErrno } from "../../base/errno.ts";
import type { Fd, Sys } from "../../sys/sys.ts";
import type { AdoptRequest } from "../protocol.ts";
import { Pipes } from "./pipes.ts";
import type { StdioNeeds } from "./prepare.ts";
import type { ProcessStdio } from "./process-stdio.ts";
import { Terminal } from "./terminal.ts";

type Pids = Pick<Sys, "pidfdOpen" | "pidfdGetFd" | "close">;

/** Takes from the daemon what a shim that died had held: pidfd_getfd(2) duplicates it, and the daemon keeps its own. */
export function adoptStdio(needs: StdioNeeds, { daemonPid, held, pid }: AdoptRequest): ProcessStdio {
  const { sys, polls } = needs;
  try {
    using taken = new DisposableStack();
    const { terminal, stdin, stdinWriter, stdout } = takeAll(sys, daemonPid, held, taken);
    const stdio =
      terminal === undefined
        ? new Pipes(sys, stdinWriter)
        : new Terminal(sys, polls, {
            ...{ terminal, stdout: stdout ?? taken.adopt(sys.openNull(), (fd) => sys.close(fd)) },
            ...(stdin === undefined ? {} : { stdin }),
            ...(stdinWriter === undefined ? {} : { stdinWriter }),
          });
    taken.move();
    return stdio;
  } catch (error) {
    throw fromErrno(error, `shim error: take over the stdio of process ${pid} from daemon ${daemonPid}`);
  }
}

function takeAll(
  sys: Pids,
  daemonPid: number,
  held: AdoptRequest["held"],
  taken: DisposableStack,
): { -readonly [Name in keyof AdoptRequest["held"]]: Fd } {
  const pidfd = sys.pidfdOpen(daemonPid);
  try {
    const fds: Record<string, Fd> = {};
    for (const [name, fd] of Object.entries(held))
      fds[name] = taken.adopt(sys.pidfdGetFd(pidfd, fd), (own) => sys.close(own));
    return fds;
  } finally {
    sys.close(pidfd);
  }
}
