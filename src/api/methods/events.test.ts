import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { test } from "node:test";
import { Failure } from "../../base/errors.ts";
import type { Event } from "../../supervisor/events/event.ts";
import { serveFake } from "../testing/served.ts";

const event = (n: number): Event => ({
  type: "exit",
  id: "a",
  pid: "init",
  status: 137,
  timestamp: 1_700_000_000_000_000_001n + BigInt(n),
  instance: "secret-of-ours",
});

test("events arrive in order, to the nanosecond, and the stream ends with OK", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  const asked: unknown[] = [];
  supervisor.subscribe = async function* ({ signal: _, ...rest }) {
    asked.push(rest);
    for (let n = 0; n < 5000; n += 1) yield event(n);
  };
  const stream = client.events({ timestamp: { seconds: 0n, nanos: 0 }, storedOnly: true, id: "a" });
  let n = 0;
  for await (const { type, id, pid, status, timestamp } of stream) {
    assert.deepEqual([type, id, pid, status], ["exit", "a", "init", 137]);
    assert.deepEqual([timestamp?.seconds, timestamp?.nanos], [1_700_000_000n, n + 1]);
    n += 1;
  }
  assert.equal(n, 5000);
  assert.deepEqual(asked, [{ after: 0n, storedOnly: true, id: "a" }]);
});

test("no time and Go's zero time mean from now on", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  const asked: unknown[] = [];
  supervisor.subscribe = async function* ({ signal: _, ...rest }) {
    asked.push(rest);
    yield* [];
  };
  for await (const _ of client.events({}));
  for await (const _ of client.events({ timestamp: { seconds: -62_135_596_800n } }));
  assert.deepEqual(asked, [{ storedOnly: false }, { storedOnly: false }]);
});

test("stored events without a time to start from are refused in 0.2.x's words", async () => {
  await using stack = new AsyncDisposableStack();
  const { client } = await serveFake(stack);
  const stream = client.events({ storedOnly: true });
  const [error] = await once(stream.resume(), "error");
  assert.equal(error.code, 3);
  assert.equal(
    error.details,
    "invalid parameter: StoredOnly cannot be specified without setting a valid Timestamp",
  );
});

test("stored events wait for the restore, which may add to them", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  const restored = Promise.withResolvers<void>();
  supervisor.ready = restored.promise;
  const stored: Event[] = [];
  supervisor.subscribe = async function* () {
    yield* stored;
  };
  const stream = client.events({ timestamp: { seconds: 0n }, storedOnly: true });
  await once(stream, "metadata");
  stored.push(event(1));
  restored.resolve();
  const seen = [];
  for await (const { type } of stream) seen.push(type);
  assert.deepEqual(seen, ["exit"]);
});

test("a subscription that ends with an error ends its stream with it", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  supervisor.subscribe = async function* () {
    yield event(1);
    throw new Failure("RESOURCE_EXHAUSTED", "too slow: come back with timestamp 1");
  };
  const stream = client.events({});
  const seen: string[] = [];
  stream.on("data", ({ type }) => seen.push(type));
  const [error] = await once(stream, "error");
  assert.deepEqual([seen, error.code, error.details], [["exit"], 8, "too slow: come back with timestamp 1"]);
});

/** grpc-js' client reads ahead without a bound, so the client that stalls is Node's own. */
function stall(stack: AsyncDisposableStack, socket: string): http2.ClientHttp2Stream {
  const session = http2.connect("http://any", { createConnection: () => net.connect(socket) });
  stack.defer(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": "/types.API/Events",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(Buffer.alloc(5));
  return stream;
}

test("a client that does not read is waited for, and one that leaves ends its subscription", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor, socket } = await serveFake(stack);
  const given: number[] = [];
  const ended = Promise.withResolvers<void>();
  supervisor.subscribe = async function* () {
    const own = given.push(0) - 1;
    try {
      for (let n = 1; ; n += 1) {
        given[own] = n;
        yield { ...event(n), id: "x".repeat(10_000) };
      }
    } finally {
      if (own === 0) ended.resolve();
    }
  };
  const stalled = stall(stack, socket);
  await once(stalled, "response");
  const reader = client.events({});
  reader.on("error", () => undefined);
  let read = 0;
  for await (const _ of reader) {
    read += 1;
    if (read === 2000) break;
  }
  assert.ok((given[0] ?? 0) < 200, `the stalled stream was given ${given[0]} events`);
  stalled.close(http2.constants.NGHTTP2_CANCEL);
  await ended.promise;
});

test("the stop of the daemon ends every stream, saying so", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor, server } = await serveFake(stack);
  supervisor.subscribe = async function* ({ signal }) {
    yield* [];
    await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  };
  const stream = client.events({});
  await once(stream, "metadata");
  const failed = once(stream.resume(), "error");
  await server.close(10_000);
  const [error] = await failed;
  assert.equal(error.code, 14);
  assert.match(error.details, /stopping/);
});
