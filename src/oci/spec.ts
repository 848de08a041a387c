/**
 * The OCI runtime specification's config.json, as far as this system looks into it (runtime-spec config.md, config-linux.md). What it
 * does not know stays in the file, which the runtime reads itself.
 */
export interface Spec {
  readonly process: ProcessSpec;
  readonly root?: { readonly path: string; readonly readonly?: boolean };
  readonly linux?: LinuxSpec;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids?: readonly number[];
}

export interface Rlimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

export interface Capabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly permitted?: readonly string[];
  readonly ambient?: readonly string[];
}

/** One process: `process` of config.json, and what an exec is given. */
export interface ProcessSpec {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly width: number; readonly height: number };
  readonly user: User;
  readonly args: readonly string[];
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly capabilities?: Capabilities;
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
  readonly oomScoreAdj?: number;
}

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface LinuxSpec {
  readonly namespaces?: readonly { readonly type: string; readonly path?: string }[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly cgroupsPath?: string;
}

/** Whom the container's root is on the host: what it opens must belong to him (user namespaces). */
export function rootIds(spec: Spec): { readonly uid: number; readonly gid: number } {
  return { uid: hostId(spec.linux?.uidMappings), gid: hostId(spec.linux?.gidMappings) };
}

function hostId(mappings: readonly IdMapping[] | undefined): number {
  if (mappings === undefined || mappings.length === 0) return 0;
  return mappings.find(({ containerID, size }) => containerID === 0 && size > 0)?.hostID ?? 0;
}

/** Whether the kernel ends every process of the container with its init (pid_namespaces(7)): a namespace made for it, not joined. */
export function hasOwnPidNamespace(spec: Spec): boolean {
  return spec.linux?.namespaces?.some(({ type, path }) => type === "pid" && (path ?? "") === "") ?? false;
}
