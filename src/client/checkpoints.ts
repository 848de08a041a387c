import type { CallOptions } from "./call.ts";
import type { Rpc } from "./rpc.ts";

/** A container's saved state, made by CRIU. */
export interface Checkpoint {
  readonly name: string;
  /** The container ends when the checkpoint is made. */
  readonly exit: boolean;
  /** Open TCP connections are saved. */
  readonly tcp: boolean;
  /** Connections of Unix sockets to outside the container are allowed. */
  readonly unixSockets: boolean;
  /** Processes of a shell's session outside the container are allowed. */
  readonly shell: boolean;
  /** Namespaces that are made anew, empty, at restore. */
  readonly emptyNamespaces: readonly string[];
}

export interface CheckpointOptions extends CallOptions {
  /** Where checkpoints are kept on the daemon's host: BUNDLE/checkpoints unless given. */
  readonly directory?: string | undefined;
}

/** The checkpoints of one container. */
export class Checkpoints {
  readonly #rpc: Rpc;
  readonly #id: string;

  /** @internal */
  constructor(rpc: Rpc, id: string) {
    this.#rpc = rpc;
    this.#id = id;
  }

  async list({ directory = "", ...options }: CheckpointOptions = {}): Promise<Checkpoint[]> {
    const request = { id: this.#id, checkpointDir: directory };
    const { checkpoints } = await this.#rpc.unary("listCheckpoint", request, options);
    return checkpoints.map(({ name, exit, tcp, unixSockets, shell, emptyNS }) => {
      return { name, exit, tcp, unixSockets, shell, emptyNamespaces: emptyNS };
    });
  }

  /** Saves the container's state; it goes on running unless `exit` is set. */
  async create(
    name: string,
    { directory = "", signal, timeout, ...how }: CheckpointOptions & Partial<Omit<Checkpoint, "name">> = {},
  ): Promise<void> {
    const { exit = false, tcp = false, unixSockets = false, shell = false, emptyNamespaces = [] } = how;
    const checkpoint = { name, exit, tcp, unixSockets, shell, emptyNS: [...emptyNamespaces] };
    const request = { id: this.#id, checkpoint, checkpointDir: directory };
    await this.#rpc.unary("createCheckpoint", request, { signal, timeout });
  }

  async delete(name: string, { directory = "", ...options }: CheckpointOptions = {}): Promise<void> {
    await this.#rpc.unary("deleteCheckpoint", { id: this.#id, name, checkpointDir: directory }, options);
  }
}
