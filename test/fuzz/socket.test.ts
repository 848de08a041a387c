import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { API, CreateContainerRequestSchema } from "../../src/gen/types/api_pb.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { descriptorsOf } from "../harness/descriptors.ts";
import { prepareHost } from "../harness/host.ts";
import { isRunning } from "../harness/processes.ts";
import { until } from "../harness/until.ts";
import { RawCaller } from "./api-calls.ts";
import { conversation, converse, data, headers, preface, settings } from "./frames.ts";
import { runs } from "./runs.ts";

prepareHost();

/** The daemon as it was: alive, serving, and with no descriptor more. */
async function unharmed(daemon: TestDaemon, before: readonly string[]): Promise<void> {
  assert.ok(isRunning(daemon.pid));
  assert.equal((await daemon.client.call("getServerVersion", {})).minor, 2);
  const same = (): boolean => descriptorsOf(daemon.pid).join() === before.join();
  await until("the daemon's descriptors are what they were", same, 20).catch(() => {
    assert.deepEqual(descriptorsOf(daemon.pid), before);
  });
}

/** Descriptors of a daemon that has served somebody already. */
async function settled(daemon: TestDaemon): Promise<string[]> {
  await daemon.client.call("state", {});
  return descriptorsOf(daemon.pid);
}

describe("whatever comes over the socket, the daemon serves the others and keeps nothing", () => {
  test("random bytes, other protocols, broken frames, truncated at any point, with any farewell", async () => {
    await using daemon = await TestDaemon.start();
    const before = await settled(daemon);
    const leaving = fc.constantFrom("ends", "resets", "stays" as const);
    using staying = new DisposableStack();
    let stayed = 0;
    await fc.assert(
      fc.asyncProperty(conversation, leaving, async (bytes, how) => {
        // at most so many at a time stay for ever: a long run would have no descriptors left of its own
        const socket = await converse(daemon.socket, bytes, how === "stays" && stayed > 200 ? "resets" : how);
        if (!socket.destroyed) {
          stayed += 1;
          staying.defer(() => socket.destroy());
        }
      }),
      { ...runs(600), endOnFailure: true },
    );
    assert.equal((await daemon.client.call("getServerVersion", {})).minor, 2);
    staying.dispose();
    await unharmed(daemon, before);
  });

  test("two thousand connections that say nothing, or half a word", async () => {
    await using daemon = await TestDaemon.start();
    // the shim that comes with the first container, and what is kept of it
    using events = daemon.events();
    const first = await daemon.run("first", ["sleep", "1000"]);
    await daemon.killContainer(first.id);
    await events.exit(first.id);
    const before = await settled(daemon);
    const words = [Buffer.alloc(0), preface.subarray(0, 10), preface, Buffer.concat([preface, settings])];
    using idle = new DisposableStack();
    for (let n = 0; n < 2000; n += 1) {
      const socket = await converse(daemon.socket, words[n % words.length] ?? preface, "stays");
      idle.defer(() => socket.destroy());
    }
    using other = daemon.connect();
    assert.equal((await other.call("getServerVersion", {})).minor, 2);
    const { id } = await daemon.run("among-them", ["sleep", "1000"]);
    await daemon.killContainer(id);
    idle.dispose();
    await until("the container is gone", async () => (await other.call("state", {})).containers.length === 0);
    other[Symbol.dispose]();
    await unharmed(daemon, before);
  });

  test("calls that begin and never go on, hundreds on one connection", async () => {
    await using daemon = await TestDaemon.start();
    const before = await settled(daemon);
    const halves = Array.from({ length: 500 }, (_, n) => [
      headers(2 * n + 1, "/types.API/CreateContainer"),
      data(2 * n + 1, 1_000_000, Buffer.alloc(10), 0),
    ]).flat();
    const socket = await converse(daemon.socket, Buffer.concat([preface, settings, ...halves]), "stays");
    assert.equal((await daemon.client.call("getServerVersion", {})).minor, 2);
    socket.destroy();
    await unharmed(daemon, before);
  });

  test("messages of 5 and 20 MiB cost their own call, and no memory for good", async () => {
    await using daemon = await TestDaemon.start();
    const before = await settled(daemon);
    using caller = new RawCaller(daemon.socket);
    for (const mebibytes of [5, 20, 5, 20]) {
      const labels = ["x".repeat(mebibytes << 20)];
      const request = toBinary(
        CreateContainerRequestSchema,
        create(CreateContainerRequestSchema, { labels }),
      );
      const { code, details } = await caller.bytes(API.method.createContainer, request);
      assert.equal(code, 8, details);
    }
    assert.equal((await caller.message(API.method.getServerVersion, {})).code, 0);
    caller[Symbol.dispose]();
    await unharmed(daemon, before);
  });

  test("clients that vanish in the middle of calls and streams", async () => {
    await using daemon = await TestDaemon.start();
    const before = await settled(daemon);
    const begun = [
      [headers(1, "/types.API/Events"), data(1, 0, Buffer.alloc(0))],
      [headers(1, "/types.API/State"), data(1, 0, Buffer.alloc(0))],
      [headers(1, "/types.API/State"), data(1, 100, Buffer.alloc(50), 0)],
    ];
    for (let n = 0; n < 300; n += 1)
      await converse(
        daemon.socket,
        Buffer.concat([preface, settings, ...(begun[n % begun.length] ?? [])]),
        "resets",
      );
    await unharmed(daemon, before);
  });
});
