import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const busybox = ["/bin/busybox", "/usr/bin/busybox"].find(existsSync);
const runc = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc"].find(existsSync);

/** For tests that need the real runtime. */
export const withRunc = {
  skip: runc && busybox && process.getuid?.() === 0 ? false : "needs root, runc and busybox",
};

/** The smallest bundle that runs a script: one busybox, and /proc and /dev. */
export function writeBundle(folder: string, script: string, terminal: boolean): void {
  mkdirSync(join(folder, "rootfs", "bin"), { recursive: true });
  const shell = join(folder, "rootfs", "bin", "sh");
  if (!existsSync(shell)) copyFileSync(busybox ?? "", shell);
  const config = {
    ociVersion: "1.0.0",
    root: { path: "rootfs" },
    process: { terminal, cwd: "/", args: ["/bin/sh", "-c", script] },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs" },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["newinstance", "ptmxmode=0666"],
      },
    ],
    linux: { namespaces: [{ type: "pid" }, { type: "mount" }] },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
}
