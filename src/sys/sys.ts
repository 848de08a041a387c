import type { WaitStatus } from "./wait-status.ts";

export { SysError } from "./sys-error.ts";
export type { WaitStatus } from "./wait-status.ts";

/** A descriptor's number in this process. */
export type Fd = number;

export interface SpawnRequest {
  /** A path, or a name that is looked up in the PATH of `env`. */
  readonly file: string;
  /** argv, with argv[0]. */
  readonly args: readonly string[];
  /** KEY=value. */
  readonly env: readonly string[];
  readonly cwd?: string;
  /** The child's 0, 1 and 2. The caller keeps its own and closes them. */
  readonly stdin: Fd;
  readonly stdout: Fd;
  readonly stderr: Fd;
  /** The child's 3, 4, …; it gets no other descriptor. */
  readonly extra?: readonly Fd[];
  /** setsid(2) in the child. */
  readonly newSession?: boolean;
}

export interface Ended {
  readonly pid: number;
  readonly status: WaitStatus;
}

/** /proc/PID/stat, see proc_pid_stat(5). */
export interface ProcStat {
  readonly pid: number;
  readonly comm: string;
  readonly ppid: number;
  /** One letter: R, S, D, T, Z, … */
  readonly state: string;
  /** Field 22: in clock ticks after boot. With pid and boot id it names a process for good. */
  readonly startTime: bigint;
  /**
   * On its way out, or out: its code is decided. The init of a PID namespace stays so until every process of the namespace has been
   * reaped, by whoever is its parent (pid_namespaces(7)).
   */
  readonly exiting: boolean;
  /**
   * Field 52, of a zombie or an exiting process only. Those who may not trace the process (ptrace(2)) read a zero there; and a leader whose
   * other threads live on is a zombie too, so trust it only when a pidfd is readable.
   */
  readonly exitStatus?: WaitStatus;
}

export type FileType = "fifo" | "file" | "directory" | "character" | "socket" | "other";

/** The lock lasts until disposed, or until this process ends. */
export type FileLock = Disposable;

/** Somebody else has the lock: `holderPid` is what he wrote into the file, 0 if there is nothing readable (yet). */
export interface LockHeld {
  readonly holderPid: number;
}

/** The socket that `runc --console-socket` connects to. Disposing closes and unlinks it. */
export interface ConsoleListener extends Disposable {
  /** The pty master of the next one that sends one. Rejects with the signal's reason when that aborts. */
  receive(signal: AbortSignal): Promise<Fd>;
}

export interface Interest {
  readonly in?: boolean;
  /** There is room to write. One poller knows a descriptor once: what both reads and writes one needs two. */
  readonly out?: boolean;
  readonly pri?: boolean;
  /**
   * Told once for each change instead of for as long as it lasts (EPOLLET). A pidfd of somebody else's child wants this:
   * it stays readable from its exit on, and is told again, with `hup`, when it has been reaped.
   */
  readonly edge?: boolean;
}

export interface Readiness {
  readonly in: boolean;
  readonly out: boolean;
  readonly pri: boolean;
  readonly hup: boolean;
  readonly error: boolean;
}

/** Many descriptors watched at the price of one. Callbacks run on the loop, never inside `add`. */
export interface Poller extends Disposable {
  /** Dispose what it returns before the descriptor is closed. */
  add(fd: Fd, interest: Interest, callback: (ready: Readiness) => void): Disposable;
}

/** inotify(7) */
export interface Inotify extends Disposable {
  /** `mask` and what the callback gets are bits of constants.ts; `name` is there for events in a directory. */
  add(path: string, mask: number, callback: (mask: number, name: string | undefined) => void): Disposable;
}

export interface KeepAlive {
  /** Whether it keeps the process alive; it does not unless asked. */
  readonly ref?: boolean;
}

export interface Limit {
  readonly soft: number;
  readonly hard: number;
}

/** What is needed of the kernel beyond node:fs. Everything is synchronous, and throws SysError. */
export interface Sys {
  /** The pid. Signal mask and dispositions are the default ones in the child. A failing exec throws here. */
  spawn(request: SpawnRequest): number;
  /**
   * One child that ended, of any that did, and reaps it; undefined when none did. `before` is called while it is a zombie still: what is
   * written down there is not lost, even if this process is killed in between.
   */
  waitNext(before?: (ended: Ended) => void): Ended | undefined;
  /** Orphaned descendants become children of this process instead of init's. */
  setChildSubreaper(): void;
  pidfdOpen(pid: number): Fd;
  pidfdSendSignal(pidfd: Fd, signal: number): void;
  /** A duplicate of another process's descriptor (Linux 5.6). */
  pidfdGetFd(pidfd: Fd, fd: Fd): Fd;
  /**
   * How a process ended that somebody has reaped, told to who held a pidfd before its exit (Linux 6.15). undefined while
   * it is not reaped, and where the kernel does not know.
   */
  pidfdExitStatus(pidfd: Fd): WaitStatus | undefined;
  kill(pid: number, signal: number): void;
  /** undefined when there is no such process. */
  readProc(pid: number): ProcStat | undefined;
  bootId(): string;

  /** Never blocks, writer or none; reads block afterwards. */
  openFifoReader(path: string): Fd;
  /** Never blocks: ENXIO when a FIFO has no reader; writes block afterwards. */
  openFifoWriter(path: string): Fd;
  /** Never blocks, and keeps a FIFO open when the other side goes away. */
  openReadWrite(path: string): Fd;
  openNull(): Fd;
  memfd(name: string): Fd;
  /** [reader, writer] */
  pipe(): [Fd, Fd];
  /** Non-blocking, at zero. */
  eventfd(): Fd;
  close(fd: Fd): void;
  read(fd: Fd, buffer: Uint8Array): number;
  write(fd: Fd, buffer: Uint8Array): number;
  /** Reads and writes say EAGAIN instead of waiting, for all who share this open file. */
  setNonBlocking(fd: Fd): void;
  /** The mode loses the umask's bits. */
  mkfifo(path: string, mode: number): void;
  fchown(fd: Fd, uid: number, gid: number): void;
  fileType(fd: Fd): FileType;
  /** Tell the two apart by `"holderPid" in result`. */
  lockFile(path: string): FileLock | LockHeld;
  /** Sets it and returns the one before. */
  umask(mask: number): number;

  /** EADDRINUSE when the path exists, ENAMETOOLONG from 108 bytes on. */
  listenConsole(path: string): ConsoleListener;
  /** The size of a terminal; its foreground process group gets SIGWINCH. */
  resize(fd: Fd, columns: number, rows: number): void;

  poller(options?: KeepAlive): Poller;
  inotify(options?: KeepAlive): Inotify;
  /** A child ended: one call may stand for many. */
  onChildExit(callback: () => void): Disposable;
  /** The soft limit of open descriptors up to the hard one. */
  raiseOpenFiles(): Limit;
}
