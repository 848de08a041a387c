import { listenConsole, resize } from "./linux/console.ts";
import { poller } from "./linux/epoll.ts";
import { close, eventfd, fchown, fileType, memfd, mkfifo, pipe, read, write } from "./linux/files.ts";
import { inotify } from "./linux/inotify.ts";
import { raiseOpenFiles } from "./linux/limits.ts";
import { lockFile } from "./linux/lock.ts";
import { openFifoReader, openFifoWriter, openNull, openReadWrite, setNonBlocking } from "./linux/open.ts";
import { kill, pidfdExitStatus, pidfdGetFd, pidfdOpen, pidfdSendSignal } from "./linux/pidfd.ts";
import { bootId, readProc } from "./linux/proc.ts";
import { spawn } from "./linux/spawn.ts";
import { onChildExit, setChildSubreaper, waitNext } from "./linux/wait.ts";
import type { Sys } from "./sys.ts";

/** The real kernel, through glibc, on x86_64 and arm64. */
export function linuxSys(): Sys {
  return {
    spawn,
    waitNext,
    setChildSubreaper,
    pidfdOpen,
    pidfdSendSignal,
    pidfdGetFd,
    pidfdExitStatus,
    kill,
    readProc,
    bootId,
    openFifoReader,
    openFifoWriter,
    openReadWrite,
    openNull,
    memfd,
    pipe,
    eventfd,
    close,
    read,
    write,
    mkfifo,
    fchown,
    fileType,
    setNonBlocking,
    lockFile,
    umask: (mask) => process.umask(mask),
    listenConsole,
    resize,
    poller,
    inotify,
    onChildExit,
    raiseOpenFiles,
  };
}
