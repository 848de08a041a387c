import type { Fd, Inotify, Interest, Poller, Readiness } from "../sys.ts";
import { SysError } from "../sys-error.ts";

const EEXIST = 17;
const NOTHING: Readiness = { in: false, out: false, pri: false, hup: false, error: false };

type Polled = { readonly interest: Interest; readonly callback: (ready: Readiness) => void };
type Watched = {
  readonly path: string;
  readonly mask: number;
  readonly callback: (mask: number, name?: string) => void;
};

/** Readiness is what the test says it is, and told when it says so; as in the real one, never from within `add`. */
export class FakeReadiness {
  readonly #polled = new Map<Fd, Polled>();
  readonly #watched = new Set<Watched>();
  /** Pollers and inotify instances that are not disposed. */
  instances = 0;

  poller(): Poller {
    const mine = new Set<Fd>();
    this.instances++;
    return {
      add: (fd, interest, callback) => {
        if (this.#polled.has(fd)) throw new SysError("epoll_ctl", EEXIST, String(fd));
        const polled = { interest, callback };
        this.#polled.set(fd, polled);
        mine.add(fd);
        return {
          [Symbol.dispose]: () => {
            if (this.#polled.get(fd) !== polled) return;
            this.#polled.delete(fd);
            mine.delete(fd);
          },
        };
      },
      [Symbol.dispose]: () => {
        this.instances--;
        for (const fd of mine) this.#polled.delete(fd);
      },
    };
  }

  inotify(): Inotify {
    const mine = new Set<Watched>();
    this.instances++;
    return {
      add: (path, mask, callback) => {
        const watched: Watched = { path, mask, callback: (bits, name) => callback(bits, name) };
        this.#watched.add(watched);
        mine.add(watched);
        return { [Symbol.dispose]: () => this.#watched.delete(watched) && mine.delete(watched) };
      },
      [Symbol.dispose]: () => {
        this.instances--;
        for (const watched of mine) this.#watched.delete(watched);
      },
    };
  }

  /** Tells whoever polls it, if this is what was asked for; hup and error always are. */
  ready(fd: Fd, ready: Partial<Readiness>): void {
    const polled = this.#polled.get(fd);
    if (polled === undefined) return;
    const { interest } = polled;
    const told = {
      ...NOTHING,
      ...ready,
      in: ready.in === true && interest.in === true,
      out: ready.out === true && interest.out === true,
      pri: ready.pri === true && interest.pri === true,
    };
    if (told.in || told.out || told.pri || told.hup || told.error) polled.callback(told);
  }

  /** Tells whoever watches the path for one of these. */
  changed(path: string, mask: number, name?: string): void {
    for (const watched of [...this.#watched]) {
      if (watched.path === path && (watched.mask & mask) !== 0) watched.callback(mask, name);
    }
  }

  get polled(): Fd[] {
    return [...this.#polled.keys()];
  }
}
