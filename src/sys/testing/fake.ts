import type { ConsoleListener, Fd, FileLock, Limit, LockHeld, ProcStat, SpawnRequest, Sys } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import type { WaitStatus } from "../wait-status.ts";
import { FakeConsole } from "./fake-console.ts";
import { FakeFds } from "./fake-fds.ts";
import { type FakeProcess, FakeProcesses } from "./fake-processes.ts";
import { FakeReadiness } from "./fake-readiness.ts";

const ESRCH = 3;
const EADDRINUSE = 98;

/**
 * A kernel in memory. Processes run until the test ends them (`processes.exit`), unless `onSpawn` does; descriptors are
 * counted (`fds.open()`); readiness is told by the test (`readiness.ready`), but for pidfds, which know.
 */
export class FakeSys implements Sys {
  readonly fds = new FakeFds();
  readonly processes: FakeProcesses;
  readonly readiness = new FakeReadiness();
  readonly consoles = new Map<string, FakeConsole>();
  readonly sizes: { readonly fd: Fd; readonly columns: number; readonly rows: number }[] = [];
  readonly owners: { readonly fd: Fd; readonly uid: number; readonly gid: number }[] = [];
  /** Locks that somebody holds, with his pid. */
  readonly locks = new Map<string, number>();
  /** What a spawned process does: it may throw (the exec failed), exit, write files, start others. */
  onSpawn: (process: FakeProcess) => void = () => {};
  /** What can be taken out of another process, by its pid. */
  foreignFds: (pid: number, fd: Fd) => string = (pid, fd) => `fd ${fd} of ${pid}`;
  boot = "00000000-0000-4000-8000-000000000000";
  isSubreaper = false;
  #umask = 0o022;
  readonly #pidfds = new Map<Fd, FakeProcess>();

  constructor(self = 1) {
    this.processes = new FakeProcesses(self);
  }

  spawn(request: SpawnRequest): number {
    for (const fd of [request.stdin, request.stdout, request.stderr, ...(request.extra ?? [])]) {
      this.fds.get(fd, "posix_spawn");
    }
    const process = this.processes.start(request);
    try {
      this.onSpawn(process);
    } catch (error) {
      this.processes.all.delete(process.pid);
      throw error;
    }
    return process.pid;
  }

  waitNext(
    before?: (ended: { pid: number; status: WaitStatus }) => void,
  ): { pid: number; status: WaitStatus } | undefined {
    return this.processes.waitNext(before);
  }

  setChildSubreaper(): void {
    this.isSubreaper = true;
  }

  pidfdOpen(pid: number): Fd {
    const process = this.processes.all.get(pid);
    if (process === undefined) throw new SysError("pidfd_open", ESRCH, String(pid));
    const fd = this.fds.openNew(`pidfd ${pid}`);
    this.#pidfds.set(fd, process);
    return fd;
  }

  pidfdSendSignal(pidfd: Fd, signal: number): void {
    const process = this.#process(pidfd, "pidfd_send_signal");
    if (process.reaped) throw new SysError("pidfd_send_signal", ESRCH);
    this.processes.kill(process.pid, signal);
  }

  pidfdGetFd(pidfd: Fd, fd: Fd): Fd {
    const process = this.#process(pidfd, "pidfd_getfd");
    if (process.ended !== undefined) throw new SysError("pidfd_getfd", ESRCH);
    return this.fds.openNew(this.foreignFds(process.pid, fd), "character");
  }

  pidfdExitStatus(pidfd: Fd): WaitStatus | undefined {
    const process = this.#process(pidfd, "ioctl");
    return process.reaped ? process.ended : undefined;
  }

  kill(pid: number, signal: number): void {
    this.processes.kill(pid, signal);
  }

  readProc(pid: number): ProcStat | undefined {
    return this.processes.read(pid);
  }

  bootId(): string {
    return this.boot;
  }

  openFifoReader(path: string): Fd {
    return this.fds.openPath(path);
  }

  openFifoWriter(path: string): Fd {
    return this.fds.openPath(path);
  }

  openReadWrite(path: string): Fd {
    return this.fds.openPath(path);
  }

  openNull(): Fd {
    return this.fds.openPath("/dev/null");
  }

  memfd(name: string): Fd {
    return this.fds.openNew(`memfd ${name}`, "file");
  }

  pipe(): [Fd, Fd] {
    const reader = this.fds.openNew("pipe", "fifo");
    return [reader, this.fds.install(this.fds.get(reader, "pipe2"))];
  }

  eventfd(): Fd {
    return this.fds.openNew("eventfd");
  }

  close(fd: Fd): void {
    this.fds.close(fd);
    this.#pidfds.delete(fd);
  }

  read(fd: Fd, buffer: Uint8Array): number {
    return this.fds.read(fd, buffer);
  }

  write(fd: Fd, buffer: Uint8Array): number {
    return this.fds.write(fd, buffer);
  }

  setNonBlocking(fd: Fd): void {
    this.fds.get(fd, "fcntl");
  }

  mkfifo(path: string, _mode: number): void {
    this.fds.mkfifo(path);
  }

  fchown(fd: Fd, uid: number, gid: number): void {
    this.fds.get(fd, "fchown");
    this.owners.push({ fd, uid, gid });
  }

  fileType(fd: Fd): ReturnType<Sys["fileType"]> {
    return this.fds.get(fd, "fstat").type;
  }

  lockFile(path: string): FileLock | LockHeld {
    const holderPid = this.locks.get(path);
    if (holderPid !== undefined) return { holderPid };
    this.locks.set(path, this.processes.self);
    const fd = this.fds.openNew(`lock ${path}`, "file");
    return {
      [Symbol.dispose]: () => {
        if (this.locks.delete(path)) this.fds.close(fd);
      },
    };
  }

  umask(mask: number): number {
    const before = this.#umask;
    this.#umask = mask;
    return before;
  }

  listenConsole(path: string): ConsoleListener {
    if (this.consoles.has(path)) throw new SysError("bind", EADDRINUSE, path);
    const console = new FakeConsole(path, this.fds, () => this.consoles.delete(path));
    this.consoles.set(path, console);
    return console;
  }

  resize(fd: Fd, columns: number, rows: number): void {
    this.fds.get(fd, "ioctl");
    this.sizes.push({ fd, columns, rows });
  }

  poller(): ReturnType<Sys["poller"]> {
    const poller = this.readiness.poller();
    const changes = this.processes.onChange((process) => this.#wakePidfds(process));
    return {
      add: (fd, interest, callback) => {
        const registration = poller.add(fd, interest, callback);
        // The process of a pidfd may have ended before.
        const process = this.#pidfds.get(fd);
        if (process?.ended !== undefined) setImmediate(() => this.#wakePidfds(process));
        return registration;
      },
      [Symbol.dispose]: () => {
        changes[Symbol.dispose]();
        poller[Symbol.dispose]();
      },
    };
  }

  inotify(): ReturnType<Sys["inotify"]> {
    return this.readiness.inotify();
  }

  /** Told in a later turn, as a signal is. */
  onChildExit(callback: () => void): Disposable {
    return this.processes.onChange(({ ppid, reaped }) => {
      if (ppid === this.processes.self && !reaped) setImmediate(callback);
    });
  }

  raiseOpenFiles(): Limit {
    return { soft: 1_048_576, hard: 1_048_576 };
  }

  #process(pidfd: Fd, syscall: string): FakeProcess {
    this.fds.get(pidfd, syscall);
    const process = this.#pidfds.get(pidfd);
    if (process === undefined) throw new SysError(syscall, 9, String(pidfd));
    return process;
  }

  #wakePidfds(process: FakeProcess): void {
    for (const [fd, other] of this.#pidfds) {
      if (other === process) this.readiness.ready(fd, { in: true, hup: process.reaped });
    }
  }
}
