import { IN_IGNORED, IN_Q_OVERFLOW } from "../constants.ts";
import type { Fd, Inotify, KeepAlive } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { callSafely } from "./call-safely.ts";
import { close } from "./files.ts";
import { parseInotify } from "./inotify-events.ts";
import { check, cString, lastErrno, libc } from "./native.ts";
import { once } from "./once.ts";
import { watchReadable } from "./watch.ts";

interface Watcher {
  readonly mask: number;
  readonly callback: (mask: number, name: string | undefined) => void;
}

const inotifyInit = libc<[number]>("int inotify_init1(int flags)");
const addWatch = libc<[Fd, string, number]>(
  "int inotify_add_watch(int fd, const char *path, unsigned int mask)",
);
const removeWatch = libc<[Fd, number]>("int inotify_rm_watch(int fd, int watch)");
const cRead = libc<[Fd, Uint8Array, number]>("long read(int fd, void *buffer, size_t count)");

const IN_CLOEXEC = 0o2000000;
const IN_NONBLOCK = 0o4000;
/** A second watch of one inode is the same watch: without this it would replace what the first one asked for. */
const IN_MASK_ADD = 0x2000_0000;
const ALWAYS = IN_IGNORED | IN_Q_OVERFLOW;
const EAGAIN = 11;

export function inotify(options: KeepAlive = {}): Inotify {
  const fd = check("inotify_init1", inotifyInit(IN_CLOEXEC | IN_NONBLOCK));
  const buffer = Buffer.allocUnsafeSlow(64 * 1024);
  const watches = new Map<number, Set<Watcher>>();

  const tell = (watch: number, mask: number, name: string | undefined): void => {
    const overflow = (mask & IN_Q_OVERFLOW) !== 0;
    const told = overflow ? [...watches.values()] : [watches.get(watch) ?? new Set()];
    if ((mask & IN_IGNORED) !== 0) watches.delete(watch);
    for (const watcher of told.flatMap((watchers) => [...watchers])) {
      if ((mask & (watcher.mask | ALWAYS)) !== 0) callSafely(() => watcher.callback(mask, name));
    }
  };
  const drain = (): void => {
    const length = cRead(fd, buffer, buffer.length);
    if (length === -1) {
      const errno = lastErrno();
      if (errno === EAGAIN) return;
      throw new SysError("read", errno, "inotify");
    }
    for (const event of parseInotify(buffer.subarray(0, length))) tell(event.watch, event.mask, event.name);
  };
  const loop = watchReadable(fd, drain, options);

  return {
    add(path, mask, callback) {
      const bits = mask + IN_MASK_ADD;
      const watch = check("inotify_add_watch", addWatch(fd, cString(path, "inotify_add_watch"), bits), path);
      const mine: Watcher = { mask, callback };
      const watchers = watches.get(watch) ?? new Set();
      watches.set(watch, watchers.add(mine));
      return {
        [Symbol.dispose]: once(() => {
          watchers.delete(mine);
          if (watchers.size > 0 || watches.get(watch) !== watchers) return;
          watches.delete(watch);
          // EINVAL: the watch went away with its file. Its number is never given out again, so nobody else is hit.
          removeWatch(fd, watch);
        }),
      };
    },
    [Symbol.dispose]: once(() => {
      loop[Symbol.dispose]();
      watches.clear();
      close(fd);
    }),
  };
}
