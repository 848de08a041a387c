import type { SpawnRequest } from "../sys.ts";
import { descriptorMoves } from "./descriptor-moves.ts";
import { FileActions, succeed } from "./file-actions.ts";
import { cString, libc } from "./native.ts";
import { lookUp } from "./path-lookup.ts";

type Strings = readonly (string | null)[];
const posixSpawn = libc<[Int32Array, string, Uint8Array, Uint8Array, Strings, Strings]>(
  "int posix_spawn(void *pid, const char *file, void *actions, void *attr, const char **argv, const char **envp)",
);
const attrInit = libc<[Uint8Array]>("int posix_spawnattr_init(void *attr)");
const attrSetFlags = libc<[Uint8Array, number]>("int posix_spawnattr_setflags(void *attr, short flags)");
const attrSetSigDefault = libc<[Uint8Array, Uint8Array]>(
  "int posix_spawnattr_setsigdefault(void *attr, void *set)",
);

const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;

const plain = attributes(SETSIGDEF | SETSIGMASK);
const inNewSession = attributes(SETSIGDEF | SETSIGMASK | SETSID);
const pid = new Int32Array(1);

/**
 * glibc's posix_spawn shares this process's memory until the exec (CLONE_VM and CLONE_VFORK), so that its price does not
 * grow with ours, and returns when the exec succeeded or failed, with the reason.
 */
export function spawn(request: SpawnRequest): number {
  const file = lookUp(cString(request.file, "posix_spawn"), request.env);
  using actions = new FileActions();
  const wanted = [request.stdin, request.stdout, request.stderr, ...(request.extra ?? [])];
  for (const { from, to } of descriptorMoves(wanted)) actions.dup2(from, to);
  actions.closeFrom(wanted.length);
  if (request.cwd !== undefined) actions.chdir(cString(request.cwd, "posix_spawn"));
  const attr = request.newSession === true ? inNewSession : plain;
  const errno = posixSpawn(pid, file, actions.handle, attr, cStrings(request.args), cStrings(request.env));
  succeed("posix_spawn", errno, request.cwd === undefined ? file : `${file} in ${request.cwd}`);
  return pid[0] ?? 0;
}

function cStrings(texts: readonly string[]): Strings {
  for (const text of texts) cString(text, "posix_spawn");
  return [...texts, null];
}

/**
 * Made once: posix_spawnattr_t (336 bytes) holds no pointer. Node ignores SIGPIPE, and a child would inherit that; the
 * mask of attributes that were just initialised is the empty one.
 */
function attributes(flags: number): Uint8Array {
  const attr = new Uint8Array(1024);
  // By hand: sigfillset leaves out glibc's own two (32, 33), and those then start as ignored.
  const every = new Uint8Array(128).fill(0xff);
  succeed("posix_spawnattr_init", attrInit(attr));
  succeed("posix_spawnattr_setsigdefault", attrSetSigDefault(attr, every));
  succeed("posix_spawnattr_setflags", attrSetFlags(attr, flags));
  return attr;
}
