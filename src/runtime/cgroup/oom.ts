import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
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

/** The bells of all containers: tells when a counter has grown. */
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
   * @param ring is called, on the loop, when the kernel has killed in that cgroup
   * @throws what the kernel says where the cgroup is gone already
   */
  add(cgroups: Cgroups, ring: () => void): Disposable {
    const file = counterFile(cgroups);
    if (file === undefined) return { [Symbol.dispose]: () => {} };
    const v1 = cgroups.directory("memory");
    if (v1 !== undefined) return this.#bell().add(v1, file, ring);
    this.#inotify ??= this.#sys.inotify();
    return this.#inotify.add(file, IN_MODIFY, ring);
  }

  #bell(): Bell {
    for (const bell of this.#bells) if (!bell.isFull) return bell;
    const bell = new Bell(this.#sys, this.#poller, () => this.#bells.delete(bell));
    this.#bells.add(bell);
    return bell;
  }

  [Symbol.dispose](): void {
    for (const bell of [...this.#bells]) bell[Symbol.dispose]();
    this.#inotify?.[Symbol.dispose]();
    this.#poller[Symbol.dispose]();
  }
}

/** One of the cgroups that a bell rings for. */
interface Member {
  readonly file: string;
  readonly ring: () => void;
  /** What was seen of its counter; undefined once it is gone. */
  kills: bigint | undefined;
}

/**
 * v1: an eventfd for several cgroups. It counts its rings, and a cgroup's removal rings as a kill does: rings that removals account for
 * need no second look, which with many containers is most of them.
 */
class Bell implements Disposable {
  readonly #sys: Needs;
  readonly #fd: Fd;
  readonly #watch: Disposable;
  readonly #members = new Set<Member>();
  /** Files of those that nobody listens to any more, until their removal has rung. */
  readonly #left = new Set<string>();
  readonly #removed: () => void;
  /** Registrations cannot be taken back before their cgroup is removed: a bell is full once it has had so many. */
  #used = 0;
  /** The looks that are still to come after its last ring. */
  #later: NodeJS.Timeout[] = [];

  constructor(sys: Needs, poller: Poller, removed: () => void) {
    this.#sys = sys;
    this.#removed = removed;
    this.#fd = sys.eventfd();
    const count = Buffer.alloc(8);
    this.#watch = poller.add(this.#fd, { in: true }, () => {
      sys.read(this.#fd, count);
      this.#ringed(Number(count.readBigUInt64LE()));
    });
  }

  get isFull(): boolean {
    return this.#used >= perBell;
  }

  /** cgroup v1's memory.txt, section 10: "EVENT_FD OOM_CONTROL_FD" into cgroup.event_control. */
  add(directory: string, file: string, ring: () => void): Disposable {
    const control = openSync(file, "r");
    try {
      writeFileSync(`${directory}/cgroup.event_control`, `${this.#fd} ${control}`);
    } finally {
      closeSync(control);
    }
    this.#used += 1;
    const member: Member = { file, ring, kills: 0n };
    this.#members.add(member);
    return {
      [Symbol.dispose]: () => {
        if (!this.#members.delete(member)) return;
        if (member.kills !== undefined) this.#left.add(file);
        if (this.isFull && this.#members.size === 0) this[Symbol.dispose]();
      },
    };
  }

  #ringed(rings: number): void {
    const explained = this.#forgetRemoved() + this.#look();
    if (explained >= rings) return;
    this.#forgetLooks();
    this.#later = looksAfterRing.map((ms) => setTimeout(() => this.#look(), ms).unref());
  }

  /** @returns how many were removed */
  #forgetRemoved(): number {
    const gone = [...this.#left].filter((file) => !existsSync(file));
    for (const file of gone) this.#left.delete(file);
    return gone.length;
  }

  /** @returns how many were removed since the last look */
  #look(): number {
    let removed = 0;
    for (const member of [...this.#members]) {
      if (member.kills === undefined) continue;
      const kills = readKeyed(member.file).get("oom_kill");
      const grown = kills !== undefined && kills > member.kills;
      if (kills === undefined) removed += 1;
      member.kills = kills;
      if (grown) member.ring();
    }
    return removed;
  }

  #forgetLooks(): void {
    for (const timer of this.#later) clearTimeout(timer);
    this.#later = [];
  }

  [Symbol.dispose](): void {
    this.#forgetLooks();
    this.#watch[Symbol.dispose]();
    this.#sys.close(this.#fd);
    this.#removed();
  }
}
