import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a `docker run` asked for. */
export interface RunOptions {
  readonly args: readonly string[];
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly memory?: number;
  readonly runtime?: string;
  readonly runtimeArgs?: readonly string[];
  readonly checkpoint?: { readonly name: string; readonly directory: string };
}

const capabilities = [
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE",
]
  .join(" ")
  .split(" ")
  .map((name) => `CAP_${name}`);

/** Writes the config.json that Docker 17.10 would write, as far as this machine can have it. */
export function dockerConfig(bundle: string, rootfs: string, options: RunOptions): void {
  const config = {
    ociVersion: "1.0.0",
    process: {
      terminal: options.tty === true,
      consoleSize: { height: 0, width: 0 },
      user: { uid: 0, gid: 0 },
      args: options.args,
      env: ["PATH=/bin", "HOSTNAME=docker", ...(options.tty === true ? ["TERM=xterm"] : [])],
      cwd: "/",
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        inheritable: capabilities,
        permitted: capabilities,
      },
    },
    root: { path: rootfs },
    hostname: "docker",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755"] },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      },
      {
        destination: "/dev/mqueue",
        type: "mqueue",
        source: "mqueue",
        options: ["nosuid", "noexec", "nodev"],
      },
      {
        destination: "/dev/shm",
        type: "tmpfs",
        source: "shm",
        options: ["nosuid", "noexec", "nodev", "mode=1777"],
      },
    ],
    linux: {
      resources: {
        devices: [{ allow: false, access: "rwm" }],
        ...(options.memory === undefined ? {} : { memory: { limit: options.memory, swap: options.memory } }),
      },
      cgroupsPath: `/docker-${bundle.split("/").at(-1)}`,
      namespaces: [{ type: "mount" }, { type: "network" }, { type: "uts" }, { type: "pid" }, { type: "ipc" }],
      maskedPaths: ["/proc/kcore", "/proc/timer_list"],
      readonlyPaths: ["/proc/sys", "/proc/sysrq-trigger"],
    },
  };
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
}
