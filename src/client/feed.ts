import { type ContainerEvent, followEvents } from "./events.ts";
import type { Rpc } from "./rpc.ts";
import { now } from "./time.ts";

export interface FeedListener {
  event(event: ContainerEvent): void;
  /** The stream ended for good: no event will come any more. */
  failed(error: unknown): void;
  /** The stream broke and is open again; the daemon may be another one than before. */
  reconnected?(): void;
}

interface Feed {
  readonly listeners: Set<FeedListener>;
  readonly abort: AbortController;
  /** The daemon has been asked for events, or cannot be. */
  readonly opened: PromiseWithResolvers<void>;
}

/** The events of single containers: one stream for each that somebody listens to, for as long as somebody does. */
export class Feeds {
  readonly #rpc: Rpc;
  readonly #open = new Map<string, Feed>();

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** Everything that happens to a container after `opened` has resolved, until it is disposed of. */
  listen(id: string, listener: FeedListener): { readonly opened: Promise<void> } & Disposable {
    const feed = this.#open.get(id) ?? this.#start(id);
    const { listeners, abort, opened } = feed;
    listeners.add(listener);
    const stop = () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      abort.abort();
      this.#forget(id, feed);
    };
    return { opened: opened.promise, [Symbol.dispose]: stop };
  }

  #start(id: string): Feed {
    const feed = {
      listeners: new Set<FeedListener>(),
      abort: new AbortController(),
      opened: Promise.withResolvers<void>(),
    };
    this.#open.set(id, feed);
    void this.#run(id, feed);
    return feed;
  }

  async #run(id: string, feed: Feed): Promise<void> {
    const { listeners, opened } = feed;
    // With a time to start from, nothing is missed even if the daemon sees the requests in another order. Another
    // host's clock may be ahead: there the order has to do.
    const since = this.#rpc.address.kind === "unix" ? { since: now() } : {};
    const onReconnect = () => {
      for (const listener of [...listeners]) listener.reconnected?.();
    };
    const options = { ...since, id, signal: feed.abort.signal, onReconnect, onOpen: opened.resolve };
    try {
      for await (const event of followEvents(this.#rpc, options))
        for (const listener of [...listeners]) listener.event(event);
    } catch (error) {
      this.#forget(id, feed);
      for (const listener of [...listeners]) listener.failed(error);
    } finally {
      opened.resolve();
    }
  }

  #forget(id: string, feed: Feed): void {
    if (this.#open.get(id) === feed) this.#open.delete(id);
  }
}
