import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";

/** unix(7): sun_path has 108 bytes, with the NUL. */
const room = 107;

/** A path that fits into a socket's address and means the same file, for as long as it is not disposed. */
export interface SocketPath extends Disposable {
  /** For calls of this process. */
  readonly path: string;
  /** For other processes, while this one lives. */
  readonly pathForOthers: string;
}

/**
 * A state directory may be deeper than a socket's address is long: then the way goes through a descriptor of the directory.
 *
 * @throws node:fs's errors where the directory cannot be opened
 */
export function socketPath(path: string): SocketPath {
  if (Buffer.byteLength(path) <= room) return { path, pathForOthers: path, [Symbol.dispose]: () => {} };
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  let open = true;
  return {
    path: `/proc/self/fd/${directory}/${basename(path)}`,
    pathForOthers: `/proc/${process.pid}/fd/${directory}/${basename(path)}`,
    [Symbol.dispose]: () => {
      if (open) closeSync(directory);
      open = false;
    },
  };
}
