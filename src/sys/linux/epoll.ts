import type { Fd, Interest, KeepAlive, Poller, Readiness } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { callSafely } from "./call-safely.ts";
import { close } from "./files.ts";
import { check, lastErrno, libc } from "./native.ts";
import { once } from "./once.ts";
import { watchReadable } from "./watch.ts";

const epollCreate = libc<[number]>("int epoll_create1(int flags)");
const epollControl = libc<[Fd, number, Fd, DataView]>(
  "int epoll_ctl(int epoll, int op, int fd, void *event)",
);
const epollWait = libc<[Fd, DataView, number, number]>(
  "int epoll_wait(int epoll, void *events, int most, int timeout)",
);

const EPOLL_CLOEXEC = 0o2000000;
const ADD = 1;
const DELETE = 2;
const IN = 0x001;
const PRI = 0x002;
const OUT = 0x004;
const ERROR = 0x008;
const HUP = 0x010;
const EDGE = 0x8000_0000;

/** struct epoll_event { u32 events; u64 data }: packed on x86_64 and nowhere else (epoll_event(3type)). */
const DATA = process.arch === "x64" ? 4 : 8;
const SIZE = DATA + 8;
const MOST = 512;

interface Registration {
  readonly fd: Fd;
  readonly callback: (ready: Readiness) => void;
}

/** One epoll instance, itself watched by Node's loop: thousands of descriptors cost the loop one. */
export function poller(options: KeepAlive = {}): Poller {
  const epoll = check("epoll_create1", epollCreate(EPOLL_CLOEXEC));
  const event = new DataView(new ArrayBuffer(SIZE));
  const events = new DataView(new ArrayBuffer(SIZE * MOST));
  // The kernel hands back a ticket, not the descriptor: a number that was closed and given out again is another thing.
  const byTicket = new Map<bigint, Registration>();
  const byFd = new Map<Fd, bigint>();
  let lastTicket = 0n;

  const drain = (): void => {
    const count = check("epoll_wait", epollWait(epoll, events, MOST, 0));
    const ready: [bigint, number][] = [];
    for (let at = 0; at < count * SIZE; at += SIZE) {
      ready.push([events.getBigUint64(at + DATA, true), events.getUint32(at, true)]);
    }
    for (const [ticket, bits] of ready) {
      // A callback may have removed one that comes later in the same batch.
      const registration = byTicket.get(ticket);
      if (registration !== undefined) callSafely(() => registration.callback(readiness(bits)));
    }
  };
  const watch = watchReadable(epoll, drain, options);

  return {
    add(fd, interest, callback) {
      const ticket = ++lastTicket;
      event.setUint32(0, bitsOf(interest), true);
      event.setBigUint64(DATA, ticket, true);
      check("epoll_ctl", epollControl(epoll, ADD, fd, event), `add ${fd}`);
      byTicket.set(ticket, { fd, callback });
      byFd.set(fd, ticket);
      return {
        [Symbol.dispose]: once(() => {
          byTicket.delete(ticket);
          // Somebody closed it before, and the number is registered anew: not ours to remove.
          if (byFd.get(fd) !== ticket) return;
          byFd.delete(fd);
          remove(epoll, fd, event);
        }),
      };
    },
    [Symbol.dispose]: once(() => {
      watch[Symbol.dispose]();
      byTicket.clear();
      byFd.clear();
      close(epoll);
    }),
  };
}

const ENOENT = 2;
const EBADF = 9;

/** A descriptor that was closed first has left the epoll set by itself. */
function remove(epoll: Fd, fd: Fd, unused: DataView): void {
  if (epollControl(epoll, DELETE, fd, unused) === 0) return;
  const errno = lastErrno();
  if (errno !== ENOENT && errno !== EBADF) throw new SysError("epoll_ctl", errno, `delete ${fd}`);
}

function bitsOf(interest: Interest): number {
  const bits =
    (interest.in === true ? IN : 0) | (interest.out === true ? OUT : 0) | (interest.pri === true ? PRI : 0);
  return interest.edge === true ? bits + EDGE : bits;
}

function readiness(bits: number): Readiness {
  return {
    in: (bits & IN) !== 0,
    out: (bits & OUT) !== 0,
    pri: (bits & PRI) !== 0,
    hup: (bits & HUP) !== 0,
    error: (bits & ERROR) !== 0,
  };
}
