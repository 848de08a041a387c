import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { ApiClient } from "../../../test/harness/api-client.ts";
import { silentLogger } from "../../base/logger.ts";
import type { Event } from "../../supervisor/events/event.ts";
import type { SupervisorPort } from "../api.ts";
import { ApiServer } from "../server.ts";

type Send = SupervisorPort["send"];
type Subscribe = SupervisorPort["events"]["subscribe"];

/** A supervisor that does what a test says, and remembers what it was sent. */
export class FakeSupervisor {
  readonly sent: unknown[] = [];
  ready = Promise.resolve();
  answer: (task: Parameters<Send>[0], signal: AbortSignal) => unknown = () => ({});
  subscribe: Subscribe = async function* (): AsyncGenerator<Event> {};

  readonly send = (async (task, signal) => {
    this.sent.push(task);
    return await this.answer(task, signal);
  }) as Send;

  get events(): { subscribe: Subscribe } {
    return { subscribe: this.subscribe };
  }
}

/** The API on a Unix socket of its own, with a fake supervisor behind it. */
export async function serveFake(
  stack: AsyncDisposableStack,
): Promise<{ supervisor: FakeSupervisor; client: ApiClient; socket: string; server: ApiServer }> {
  const directory = await mkdtemp(path.join(tmpdir(), "api-"));
  stack.defer(() => rm(directory, { recursive: true }));
  const socket = path.join(directory, "api.sock");
  const supervisor = new FakeSupervisor();
  const server = new ApiServer({
    supervisor,
    revision: "test",
    logDirectory: "/nonexistent",
    log: silentLogger,
  });
  const listener = net.createServer((connection) => server.accept(connection));
  await new Promise<void>((resolve) => listener.listen(socket, resolve));
  stack.defer(async () => {
    listener.close();
    await server.close(0);
  });
  const client = stack.use(new ApiClient(socket));
  return { supervisor, client, socket, server };
}
