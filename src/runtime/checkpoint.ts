/** What a checkpoint is made with, and what its config.json says of it. */
export interface CheckpointInfo {
  readonly name: string;
  /** The container ends with it. */
  readonly exit: boolean;
  /** Open TCP connections are part of it. */
  readonly tcp: boolean;
  /** Unix sockets to the outside are part of it. */
  readonly unixSockets: boolean;
  /** It is a shell's job, with a terminal of the outside. */
  readonly shell: boolean;
  /** Namespaces that are left for others to restore: "network". */
  readonly emptyNS: readonly string[];
}
