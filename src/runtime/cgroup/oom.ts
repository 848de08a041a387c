import { closeSync, openSync, writeFileSync } from "node:fs";
import { IN_MODIFY } from "../../sys/constants.ts";
import type { Fd, Inotify, Poller, Sys } from "../../sys/sys.ts";
import type { Cgroups } from "./cgroups.ts";
import { readKeyed } from "./read.ts";

/**
 * How often the kernel has killed in the container for want of memory: the counter is the truth, notifications are only the bell.
 * v1: memory.oom_control, v2: memory.events, both "oom_kill N". 0 where the cgroup is gone.
 */
export function oomKills(cgroups: Cgroups): bigint {
  const file = counterFile(cgroups);
  return file === undefined ? 0n : (readKeyed(file).get("oom_kill") ?? 0n);
}

function counterFile(cgroups: Cgroups): string | undefined {
  const v1 = cgroups.directory("memory");
  if (v1 !== undefined) return `${v1}/memory.oom_control`;
  const v2 = cgroups.directory("unified");
  return v2 === undefined ? undefined : `${v2}/memory.events`;
}

type Needs = Pick<Sys, "eventfd" | "read" | "close" | "poller" | "inotify">;

/** v1: how many cgroups share one eventfd. A ring then costs that many readings, and ten thousand containers few descriptors. */
const perBell = 64;

/**
 * v1 rings when memory has run out, and counts when it has killed for it, some time later on a busy machine: a counter that is read at the
 * ring alone would often be one behind, with no other ring to come. In ms.
 */
const looksAfterRing = [10, 100, 1000, 5000];

interface Bell {
  readonly fd: Fd;
  readonly ringing: Set<() => void>;
  readonly watch: Disposable;
  /** Registrations cannot be taken back before their cgroup is removed: a bell is full once it has had so many. */
  used: number;
  /** The looks that are still to come after its last ring. */
  later?: Disposable;
}

/** The bells of all containers: tells that a counter should be looked at. Removing a cgroup rings too. */
export class OomWatch implements Disposable {
  readonly #sys: Needs;
  readonly #poller: Poller;
  readonly #bells = new Set<Bell>();
  #inotify: Inotify | undefined;

  constructor(sys: Needs) {
    this.#sys = sys;
    this.#poller = sys.poller();
  }

  /**
   * @param ring is called, on the loop, whenever the kernel may have killed in that cgroup
   * @throws what the kernel says where the cgroup is gone already
   */
  add(cgroups: Cgroups, ring: () => void): Disposable {
    const v1 = cgroups.directory("memory");
    if (v1 !== undefined) return this.#addV1(v1, ring);
    const file = counterFile(cgroups);
    if (file === undefined) return { [Symbol.dispose]: () => {} };
    this.#inotify ??= this.#sys.inotify();
    return this.#inotify.add(file, IN_MODIFY, ring);
  }

  /** cgroup v1's memory.txt, section 10: "EVENT_FD OOM_CONTROL_FD" into cgroup.event_control. */
  #addV1(directory: string, ring: () => void): Disposable {
    const bell = this.#bell();
    const control = openSync(`${directory}/memory.oom_control`, "r");
    try {
      writeFileSync(`${directory}/cgroup.event_control`, `${bell.fd} ${control}`);
    } finally {
      closeSync(control);
    }
    bell.used += 1;
    bell.ringing.add(ring);
    return {
      [Symbol.dispose]: () => {
        bell.ringing.delete(ring);
        if (bell.used >= perBell && bell.ringing.size === 0) this.#remove(bell);
      },
    };
  }

  #bell(): Bell {
    for (const bell of this.#bells) if (bell.used < perBell) return bell;
    const fd = this.#sys.eventfd();
    const ringing = new Set<() => void>();
    const count = Buffer.alloc(8);
    const ringAll = (): void => {
      for (const ring of [...ringing]) ring();
    };
    const watch = this.#poller.add(fd, { in: true }, () => {
      this.#sys.read(fd, count);
      ringAll();
      bell.later?.[Symbol.dispose]();
      bell.later = repeatLater(ringAll);
    });
    const bell: Bell = { fd, ringing, watch, used: 0 };
    this.#bells.add(bell);
    return bell;
  }

  #remove(bell: Bell): void {
    this.#bells.delete(bell);
    bell.later?.[Symbol.dispose]();
    bell.watch[Symbol.dispose]();
    this.#sys.close(bell.fd);
  }

  [Symbol.dispose](): void {
    for (const bell of [...this.#bells]) this.#remove(bell);
    this.#inotify?.[Symbol.dispose]();
    this.#poller[Symbol.dispose]();
  }
}

function repeatLater(look: () => void): Disposable {
  const timers = looksAfterRing.map((ms) => setTimeout(look, ms).unref());
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
