import { fromErrno } from "../../base/errno.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { ProcessDir } from "../../state/layout.ts";
import { type LogTarget, readProcessRecord } from "../../state/process-record.ts";
import type { Fd, Sys } from "../../sys/sys.ts";
import { adoptLog } from "../logs/logged.ts";
import type { AdoptRequest } from "../protocol.ts";
import { Pipes } from "./pipes.ts";
import type { StdioNeeds } from "./prepare.ts";
import type { ProcessStdio } from "./process-stdio.ts";
import { Terminal } from "./terminal.ts";

type Pids = Pick<Sys, "pidfdOpen" | "pidfdGetFd" | "close">;

/** Takes from the daemon what a shim that died had held: pidfd_getfd(2) duplicates it, and the daemon keeps its own. */
export function adoptStdio(
  needs: StdioNeeds,
  { daemonPid, directory, held, pid }: AdoptRequest,
): ProcessStdio {
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
    const target = logOf(new ProcessDir(directory), needs.log);
    return target === undefined ? stdio : adoptLog(needs, stdio, new ProcessDir(directory), target);
  } catch (error) {
    throw fromErrno(error, `shim error: take over the stdio of process ${pid} from daemon ${daemonPid}`);
  }
}

/** A record that is damaged costs the log, not the terminal. */
function logOf(directory: ProcessDir, log: Logger): LogTarget | undefined {
  try {
    return readProcessRecord(directory)?.log;
  } catch (error) {
    log.warn("whether there is a log cannot be known", { error: messageOf(error) });
    return undefined;
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
