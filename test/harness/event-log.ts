import type { ClientReadableStream } from "@grpc/grpc-js";
import type { ApiClient, ApiEvent } from "./api-client.ts";
import { until } from "./until.ts";

/** Everything that one Events stream has told, in order. */
export class SeenEvents implements Disposable {
  readonly all: ApiEvent[] = [];
  /** How the stream ended: undefined while it goes on, 0 for OK, else the gRPC code. */
  ended: number | undefined;
  /** Told of each event as it comes, for those who cannot afford to look again and again. */
  onEvent: ((event: ApiEvent) => void) | undefined;
  readonly #stream: ClientReadableStream<ApiEvent>;

  constructor(client: ApiClient, request: Parameters<ApiClient["events"]>[0] = {}) {
    this.#stream = client.events(request);
    this.#stream.on("data", (event: ApiEvent) => {
      this.all.push(event);
      this.onEvent?.(event);
    });
    this.#stream.on("error", (error: Error & { code?: number }) => {
      this.ended = error.code ?? 2;
    });
    this.#stream.on("end", () => {
      this.ended ??= 0;
    });
  }

  /** What was told of one container, as "type process status" words: "exit init 137". */
  of(id: string): string[] {
    return this.all.filter((event) => event.id === id).map(words);
  }

  /** The container's first exit event of `process`, awaited. */
  exit(id: string, process = "init", seconds = 60): Promise<ApiEvent> {
    return until(
      `the exit of ${id}/${process} is told (told so far: ${this.of(id).join(", ")})`,
      () => this.all.find((event) => event.id === id && event.type === "exit" && event.pid === process),
      seconds,
    );
  }

  /** An event of that type, awaited. */
  event(id: string, type: string): Promise<ApiEvent> {
    return until(`${type} of ${id} is told`, () =>
      this.all.find((event) => event.id === id && event.type === type),
    );
  }

  [Symbol.dispose](): void {
    this.#stream.on("error", () => {});
    this.#stream.cancel();
  }
}

export function words(event: ApiEvent): string {
  const parts = [event.type];
  if (event.pid !== "") parts.push(event.pid);
  if (event.type === "exit") parts.push(String(event.status));
  return parts.join(" ");
}
