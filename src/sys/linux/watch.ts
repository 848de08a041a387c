import koffi, { type node } from "koffi";

import type { Fd, KeepAlive } from "../sys.ts";
import { once } from "./once.ts";

/** koffi closes a handle that is garbage collected, and the loop holds none: they live here. */
const watched = new Set<node.PollHandle>();

/**
 * Calls back for as long as `fd` is readable, through Node's own loop (uv_poll): no thread waits. koffi calls from outside
 * of any callback scope, where an exception would be lost and promises would not go on; what it calls therefore only
 * sets an immediate, which the same turn of the loop runs.
 */
export function watchReadable(fd: Fd, onReadable: () => void, options: KeepAlive = {}): Disposable {
  let pending: NodeJS.Immediate | undefined;
  const handle = koffi.node.poll(fd, { readable: true }, () => {
    pending ??= setImmediate(() => {
      pending = undefined;
      onReadable();
    });
  });
  watched.add(handle);
  if (options.ref !== true) handle.unref();
  return {
    [Symbol.dispose]: once(() => {
      watched.delete(handle);
      handle.close();
      clearImmediate(pending);
    }),
  };
}

/** Resolves when `fd` is readable, or rejects with the signal's reason. It keeps the process alive. */
export function readable(fd: Fd, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const end = (settle: () => void): void => {
      watch[Symbol.dispose]();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason));
    const watch = watchReadable(fd, () => end(resolve), { ref: true });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
