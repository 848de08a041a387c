import { defaultSeccomp } from "./seccomp.ts";

/** What somebody may want to differ from the default. */
export interface DefaultSpecOptions {
  readonly args: readonly string[];
  readonly rootfs: string;
  readonly readonlyRootfs?: boolean;
  readonly terminal?: boolean;
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number; readonly additionalGids?: readonly number[] };
  readonly hostname?: string;
  /** The host's network instead of none of its own. */
  readonly hostNetwork?: boolean;
  readonly mounts?: readonly MountSpec[];
  readonly resources?: Readonly<Record<string, unknown>>;
  readonly cgroupsPath?: string;
  readonly seccomp?: boolean;
}

export interface MountSpec {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options?: readonly string[];
}

/** What Docker leaves to root in a container: enough to run servers, not enough to touch the host. */
const capabilities = [
  ...[
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
  ],
  ...[
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
  ],
];

/** Files of /proc and /sys that tell about the host. */
const masked = [
  ...[
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
  ],
  ...[
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
  ],
];

/** Files of /proc that would change the host. */
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const mounts: readonly MountSpec[] = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  // where programs (a JVM, Node) find out how much memory and how many CPUs they have
  {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
  },
];

/** Devices that every program expects (runtime-spec, "Default Devices", comes on top of these rules). */
const deviceRules = [
  { allow: false, access: "rwm" },
  ...[
    [1, 3],
    [1, 5],
    [1, 7],
    [1, 8],
    [1, 9],
    [5, 0],
    [5, 2],
  ].map(([major, minor]) => ({ allow: true, type: "c", major, minor, access: "rwm" })),
  { allow: true, type: "c", major: 136, access: "rwm" },
];

/**
 * A config.json that is safe to run what one does not know with: as `runc spec`, with Docker's capabilities, masked paths and a
 * seccomp profile.
 *
 * @returns the object to be written as config.json
 */
export function defaultSpec(options: DefaultSpecOptions): Record<string, unknown> {
  const terminal = options.terminal ?? false;
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const namespaces = ["pid", "ipc", "uts", "mount", ...(options.hostNetwork === true ? [] : ["network"])];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal,
      user: options.user ?? { uid: 0, gid: 0 },
      args: options.args,
      env: [path, ...(terminal ? ["TERM=xterm"] : []), ...(options.env ?? [])],
      cwd: options.cwd ?? "/",
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: options.rootfs, readonly: options.readonlyRootfs ?? false },
    hostname: options.hostname ?? "container",
    mounts: [...mounts, ...(options.mounts ?? [])],
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      resources: { devices: deviceRules, ...options.resources },
      maskedPaths: masked,
      readonlyPaths,
      ...(options.cgroupsPath === undefined ? {} : { cgroupsPath: options.cgroupsPath }),
      ...(options.seccomp === false ? {} : { seccomp: defaultSeccomp() }),
    },
  };
}
