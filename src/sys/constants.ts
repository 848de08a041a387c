/** Bits of inotify(7), for Inotify.add and what its callback is told. */
export const IN_MODIFY = 0x0000_0002;
export const IN_CREATE = 0x0000_0100;
export const IN_DELETE = 0x0000_0200;
export const IN_DELETE_SELF = 0x0000_0400;
/** The kernel's queue was full and events are missing: read again everything that is watched. */
export const IN_Q_OVERFLOW = 0x0000_4000;
/** The watch is gone, with its file or its filesystem. */
export const IN_IGNORED = 0x0000_8000;
