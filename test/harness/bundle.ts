import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a test wants to differ from the plainest container. */
export interface BundleOptions {
  readonly args: readonly string[];
  readonly terminal?: boolean;
  readonly env?: readonly string[];
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Merged over the top level of config.json, last. */
  readonly config?: Record<string, unknown>;
  /** Merged over `linux`. */
  readonly linux?: Record<string, unknown>;
}

const applets =
  "sh sleep echo cat true false ls ps kill id env dd head tail wc test stty tty printf seq yes mkdir rm touch chmod ln date stat sync nc trap readlink sort grep nice".split(
    " ",
  );

/** A root file system of busybox alone, made once in `directory` and shared by its bundles. */
export function busyboxRootfs(directory: string): string {
  const rootfs = join(directory, "rootfs");
  if (existsSync(rootfs)) return rootfs;
  for (const name of ["bin", "proc", "sys", "dev", "tmp", "etc", "root"])
    mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync(busybox(), join(rootfs, "bin/busybox"));
  for (const applet of applets) symlinkSync("busybox", join(rootfs, "bin", applet));
  writeFileSync(
    join(rootfs, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n",
  );
  return rootfs;
}

function busybox(): string {
  const found = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
  if (found === undefined)
    throw new Error("busybox is not installed: run `npm run setup` (package busybox-static)");
  return found;
}

/** Makes a bundle at `directory`/`name` and returns its path. */
export function makeBundle(directory: string, name: string, options: BundleOptions): string {
  const rootfs = busyboxRootfs(directory);
  const bundle = join(directory, "bundles", name);
  mkdirSync(bundle, { recursive: true });
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config(rootfs, options)));
  return bundle;
}

function config(rootfs: string, options: BundleOptions): Record<string, unknown> {
  const capabilities = [
    "CAP_AUDIT_WRITE",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETUID",
    "CAP_SETGID",
    "CAP_CHOWN",
  ];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: options.terminal ?? false,
      user: options.user ?? { uid: 0, gid: 0 },
      args: options.args,
      env: options.env ?? ["PATH=/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        inheritable: [],
        permitted: capabilities,
      },
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    hostname: "test",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      {
        destination: "/dev",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=64k"],
      },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      },
      {
        destination: "/tmp",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "nodev", "size=64m", "mode=1777"],
      },
    ],
    linux: {
      namespaces: [{ type: "pid" }, { type: "network" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }],
      ...options.linux,
    },
    ...options.config,
  };
}

/** The names in a directory, none where it does not exist. */
export function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
