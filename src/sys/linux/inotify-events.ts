export interface InotifyEvent {
  /** -1 for an overflow of the queue. */
  readonly watch: number;
  readonly mask: number;
  readonly name: string | undefined;
}

const HEADER = 16;

/** inotify(7): { int wd; u32 mask; u32 cookie; u32 len; char name[len] }, the name padded with NULs. */
export function* parseInotify(bytes: Buffer): Generator<InotifyEvent> {
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const end = at + HEADER + bytes.readUInt32LE(at + 12);
    const name = bytes.toString("utf8", at + HEADER, end).replace(/\0+$/, "");
    yield {
      watch: bytes.readInt32LE(at),
      mask: bytes.readUInt32LE(at + 4),
      name: name === "" ? undefined : name,
    };
    at = end;
  }
}
