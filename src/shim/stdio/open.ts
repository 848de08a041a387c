import { constants, openSync } from "node:fs";
import { fromErrno } from "../../base/errno.ts";
import { errnoOf, Failure, messageOf } from "../../base/errors.ts";
import type { Fd, FileType, Sys } from "../../sys/sys.ts";

type Needs = Pick<Sys, "openFifoReader" | "openReadWrite" | "openNull" | "fileType" | "fchown" | "close">;

/** Whom the container's root is on the host. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Opened {
  readonly fd: Fd;
  readonly type: FileType;
}

/** What a process reads as its stdin. Never waits for a writer. @throws "shim error: open stdin PATH: …" */
export function openInput(sys: Needs, path: string, owner: Owner): Opened {
  if (path === "") return { fd: sys.openNull(), type: "character" };
  return opened(sys, "stdin", path, owner, () => sys.openFifoReader(path));
}

/**
 * What a process writes to. A FIFO is opened for both reading and writing, and so is its own reader: opening waits for nobody, a full
 * one makes the process wait, and when client, shim and daemon are all gone there is still no SIGPIPE. A file is appended to, as
 * programs expect of two descriptors of one file.
 *
 * @throws "shim error: open stdout PATH: …"
 */
export function openOutput(sys: Needs, name: "stdout" | "stderr", path: string, owner: Owner): Opened {
  if (path === "") return { fd: sys.openNull(), type: "character" };
  const both = opened(sys, name, path, owner, () => sys.openReadWrite(path));
  if (both.type !== "file") return both;
  try {
    // The file that was looked at, whatever the path means by now.
    const { O_WRONLY, O_APPEND } = constants;
    return { fd: openSync(`/proc/self/fd/${both.fd}`, O_WRONLY | O_APPEND), type: "file" };
  } catch (error) {
    throw failure(error, name, path);
  } finally {
    sys.close(both.fd);
  }
}

function opened(sys: Needs, name: string, path: string, owner: Owner, open: () => Fd): Opened {
  let fd: Fd | undefined;
  try {
    fd = open();
    const type = sys.fileType(fd);
    if (type === "directory")
      throw new Failure("INVALID_ARGUMENT", `shim error: open ${name} ${path}: is a directory`);
    // A container's root that is not the host's may open /dev/stdout again only if it is his. The host's root needs no such favour,
    // and a client that is not root keeps its FIFO.
    if (type === "fifo" && (owner.uid !== 0 || owner.gid !== 0)) sys.fchown(fd, owner.uid, owner.gid);
    return { fd, type };
  } catch (error) {
    if (fd !== undefined) sys.close(fd);
    throw failure(error, name, path);
  }
}

function failure(error: unknown, name: string, path: string): Failure {
  if (error instanceof Failure) return error;
  if (errnoOf(error) === "ENXIO")
    return new Failure("INVALID_ARGUMENT", `shim error: open ${name} ${path}: it is a socket, not a FIFO`);
  const { code, message } = fromErrno(error, `shim error: open ${name} ${path}`);
  return new Failure(code, message === "" ? messageOf(error) : message, { cause: error });
}
