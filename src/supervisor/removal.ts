import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { errnoOf, messageOf } from "../base/errors.ts";
import { removeTree } from "../base/files.ts";
import { isId } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";

/**
 * Takes directories out of the way at once, and removes them later: a rename is one system call, which an exit can wait for before it is
 * told; the removal of what is in them is many, which nobody waits for.
 */
export class Removal {
  readonly #root: string;
  readonly #trash: string;
  readonly #logger: Logger;
  readonly #under = new Set<Promise<void>>();

  /**
   * @param root nothing is ever removed but what is below it
   * @param trash a directory on the same file system
   */
  constructor(root: string, trash: string, logger: Logger) {
    this.#root = root;
    this.#trash = trash;
    this.#logger = logger;
    this.#makeTrash();
  }

  #makeTrash(): void {
    mkdirSync(this.#trash, { recursive: true, mode: 0o700 });
  }

  /** Afterwards nothing is at `path`: the root's own, by ids and names as they are made here. Any other is refused. */
  remove(path: string): void {
    const names = path.startsWith(`${this.#root}/`) ? path.slice(this.#root.length + 1).split("/") : [];
    if (names.length === 0 || !names.every(isId)) {
      this.#logger.error("refused to remove what is none of this daemon's directories", { path });
      return;
    }
    const name = `${basename(path).slice(0, 200)}.${randomBytes(6).toString("hex")}`;
    try {
      if (!existsSync(this.#trash)) this.#makeTrash();
      renameSync(path, join(this.#trash, name));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      this.#logger.warn("could not take a directory out of the way", { path, error: messageOf(error) });
      return;
    }
    this.#later(name);
  }

  /** Removes what an earlier daemon had no time for. */
  sweep(): void {
    for (const name of readdirSync(this.#trash)) this.#later(name);
  }

  #later(name: string): void {
    const removal = removeTree(this.#trash, name)
      .catch((error: unknown) =>
        this.#logger.warn("could not remove a directory", {
          path: join(this.#trash, name),
          error: messageOf(error),
        }),
      )
      .finally(() => this.#under.delete(removal));
    this.#under.add(removal);
  }

  /** Until everything that was begun is done. */
  async finish(): Promise<void> {
    await Promise.all(this.#under);
  }
}
