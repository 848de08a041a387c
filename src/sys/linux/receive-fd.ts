import type { Fd } from "../sys.ts";
import { SysError } from "../sys-error.ts";
import { close } from "./files.ts";
import { addressOf, lastErrno, libc } from "./native.ts";

const recvmsg = libc<[Fd, Buffer, number]>("long recvmsg(int fd, void *message, int flags)");

const MSG_CMSG_CLOEXEC = 0x4000_0000;
const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const EAGAIN = 11;

/** cmsghdr is { size_t len; int level; int type }, its data follows; the data here is ints. */
const CMSG_HEADER = 16;
const data = Buffer.allocUnsafeSlow(4096);
const control = Buffer.allocUnsafeSlow(CMSG_HEADER + 4 * 28);
const vector = Buffer.allocUnsafeSlow(128);
const message = Buffer.allocUnsafeSlow(128);

/** What came: a descriptor, bytes without one, or the end. "later" when there is nothing yet. */
export type Received = { readonly fd: Fd } | "nothing" | "end" | "later";

/** recvmsg(2) with SCM_RIGHTS of unix(7). runc sends the terminal's name and its one descriptor in one message. */
export function receiveFd(socket: Fd): Received {
  prepare();
  const length = recvmsg(socket, message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (length === -1) {
    const errno = lastErrno();
    if (errno === EAGAIN) return "later";
    throw new SysError("recvmsg", errno);
  }
  const [fd, ...others] = descriptors();
  for (const other of others) close(other);
  if (fd !== undefined) return { fd };
  return length === 0 ? "end" : "nothing";
}

/** msghdr and iovec as 64-bit Linux lays them out; the kernel overwrites the lengths, so they are set each time. */
function prepare(): void {
  vector.writeBigUInt64LE(addressOf(data), 0);
  vector.writeBigUInt64LE(BigInt(data.length), 8);
  message.fill(0);
  message.writeBigUInt64LE(addressOf(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(addressOf(control), 32);
  message.writeBigUInt64LE(BigInt(control.length), 40);
}

function descriptors(): Fd[] {
  const filled = Number(message.readBigUInt64LE(40));
  if (filled < CMSG_HEADER) return [];
  const isRights = control.readInt32LE(8) === SOL_SOCKET && control.readInt32LE(12) === SCM_RIGHTS;
  if (!isRights) return [];
  const end = Math.min(Number(control.readBigUInt64LE(0)), filled);
  const fds: Fd[] = [];
  for (let at = CMSG_HEADER; at + 4 <= end; at += 4) fds.push(control.readInt32LE(at));
  return fds;
}
