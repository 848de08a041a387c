import { type Hierarchies, hierarchies } from "./hierarchies.ts";
import { readText } from "./read.ts";

/**
 * Where a container is accounted. Usually it has one path in every hierarchy, so one string is what a container costs here.
 */
export class Cgroups {
  readonly #hierarchies: Hierarchies;
  readonly #common: string;
  readonly #others: ReadonlyMap<string, string> | undefined;

  /** @param paths the path in each hierarchy, by controller; "unified" for v2 */
  constructor(known: Hierarchies, paths: ReadonlyMap<string, string>) {
    this.#hierarchies = known;
    this.#common = paths.get("memory") ?? paths.get("unified") ?? "/";
    const others = [...paths].filter(([, path]) => path !== this.#common);
    this.#others = others.length === 0 ? undefined : new Map(others);
  }

  /** The container's directory for a v1 controller, or for "unified"; undefined where that is not mounted. */
  directory(controller: string): string | undefined {
    const hierarchy = this.#hierarchies.get(controller);
    if (hierarchy === undefined) return undefined;
    const path = this.#others?.get(controller) ?? this.#common;
    const { root } = hierarchy;
    const isBelow = root !== "/" && (path === root || path.startsWith(`${root}/`));
    const below = isBelow ? path.slice(root.length) : path;
    return `${hierarchy.mountPoint}${below === "/" ? "" : below}`;
  }

  /** The container's directories in all hierarchies, each once; none for a hierarchy in whose root it sits. */
  directories(): string[] {
    const all = new Set<string>();
    for (const [controller, { mountPoint }] of this.#hierarchies) {
      const directory = this.directory(controller);
      if (directory !== undefined && directory !== mountPoint) all.add(directory);
    }
    return [...all];
  }

  /** Whether memory is accounted by the unified hierarchy, and with it everything that matters here. */
  get isV2(): boolean {
    return !this.#hierarchies.has("memory");
  }

  /** A directory whose cgroup.procs are all of the container's processes. */
  get processes(): string | undefined {
    if (this.isV2) return this.directory("unified");
    return this.directory("pids") ?? this.directory("memory") ?? this.directory("freezer");
  }
}

/**
 * A process's cgroups, from /proc/PID/cgroup.
 *
 * @returns undefined where the process is gone, or sits in the root of everything or where this one does: then its runtime keeps no
 * cgroup for it, as one that starts virtual machines may not
 */
export function findCgroups(pid: number): Cgroups | undefined {
  const text = readText(`/proc/${pid}/cgroup`);
  if (text === undefined || (pid !== process.pid && text === readText("/proc/self/cgroup"))) return undefined;
  return cgroupsFrom(text);
}

/** The same, from a text that was kept: a dead process's counters are there until its runtime removes its cgroups. */
export function cgroupsFrom(text: string): Cgroups | undefined {
  const paths = parseProcessCgroups(text);
  const missing = [...paths.keys()].some((controller) => !hierarchies().has(controller));
  const cgroups = new Cgroups(hierarchies(missing), paths);
  const path = paths.get("memory") ?? paths.get("unified") ?? "/";
  return path === "/" ? undefined : cgroups;
}

/** Lines "4:memory:/path", and "0::/path" for v2 (cgroups(7)). */
export function parseProcessCgroups(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [number, controllers, ...rest] = line.split(":");
    const path = rest.join(":");
    if (number === undefined || controllers === undefined || path === "") continue;
    if (number === "0" && controllers === "") paths.set("unified", path);
    for (const controller of controllers.split(",")) if (controller !== "") paths.set(controller, path);
  }
  // "unified" would be the common path of a hybrid machine, whose v2 hierarchy its runtimes leave alone
  return paths;
}
