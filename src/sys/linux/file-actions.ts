import type { Fd } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { libc } from "./native.ts";

const init = libc<[Uint8Array]>("int posix_spawn_file_actions_init(void *actions)");
const destroy = libc<[Uint8Array]>("int posix_spawn_file_actions_destroy(void *actions)");
const addDup2 = libc<[Uint8Array, Fd, Fd]>(
  "int posix_spawn_file_actions_adddup2(void *actions, int from, int to)",
);
const addCloseFrom = libc<[Uint8Array, Fd]>(
  "int posix_spawn_file_actions_addclosefrom_np(void *actions, int from)",
);
const addChdir = libc<[Uint8Array, string]>(
  "int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)",
);

/** What the child does between clone and exec, in this order. */
export class FileActions implements Disposable {
  /** posix_spawn_file_actions_t has 80 bytes with glibc on x86_64 and arm64; room for more costs nothing. */
  readonly handle = new Uint8Array(512);

  constructor() {
    succeed("posix_spawn_file_actions_init", init(this.handle));
  }

  /** glibc clears close-on-exec where both are the same (2.29). */
  dup2(from: Fd, to: Fd): void {
    succeed("posix_spawn_file_actions_adddup2", addDup2(this.handle, from, to));
  }

  closeFrom(fd: Fd): void {
    succeed("posix_spawn_file_actions_addclosefrom_np", addCloseFrom(this.handle, fd));
  }

  chdir(path: string): void {
    succeed("posix_spawn_file_actions_addchdir_np", addChdir(this.handle, path));
  }

  [Symbol.dispose](): void {
    destroy(this.handle);
  }
}

/** The functions of posix_spawn return the error's number instead of setting errno. */
export function succeed(call: string, errno: number, subject?: string): void {
  if (errno !== 0) throw new SysError(call, errno, subject);
}
