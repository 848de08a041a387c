import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, test } from "node:test";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { Failure } from "../base/errors.ts";
import { serveFake } from "./testing/served.ts";

const rejectsWith = (code: number, details: RegExp) => (error: unknown) => {
  const status = error as { code: number; details: string };
  assert.match(status.details, details);
  assert.equal(status.code, code);
  return true;
};

test("the interface's version is 0.2.9 and the revision names the software", async () => {
  await using stack = new AsyncDisposableStack();
  const { client } = await serveFake(stack);
  const { major, minor, patch, revision } = await client.call("getServerVersion", {});
  assert.deepEqual([major, minor, patch, revision], [0, 2, 9, "test"]);
});

test("a container that was created is answered with its processes and without pids", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  supervisor.answer = () => ({
    id: "a",
    bundle: "/b",
    status: "running",
    labels: ["x=y"],
    runtime: "runc",
    pids: [7],
    processes: [
      {
        name: "init",
        systemPid: 7,
        spec: {
          user: { uid: 1, gid: 2 },
          args: ["sh"],
          cwd: "/",
          rlimits: [{ type: "RLIMIT_CORE", soft: 0, hard: 1 }],
        },
        stdin: "",
        stdout: "/out",
        stderr: "",
      },
    ],
  });
  const { container } = await client.call("createContainer", { id: "a", bundlePath: "/b", checkpoint: "c" });
  assert.deepEqual(container?.pids, []);
  assert.equal(container?.status, "running");
  assert.equal(container?.processes[0]?.systemPid, 7);
  assert.equal(container?.processes[0]?.stdout, "/out");
  assert.equal(container?.processes[0]?.rlimits[0]?.hard, 1n);
  assert.deepEqual(supervisor.sent, [
    {
      kind: "create",
      id: "a",
      bundle: "/b",
      checkpoint: { name: "c", dir: "/b/checkpoints" },
      stdin: "",
      stdout: "",
      stderr: "",
      labels: [],
      noPivotRoot: false,
      runtime: "",
      runtimeArgs: [],
    },
  ]);
});

describe("a request that makes no sense is refused with one sentence, and nobody is asked to do anything", async () => {
  const ids = ["", "..", "../x", "a/b", "-a", ".a", "a b", "a\n", "ä", "x".repeat(256), "a\0b"];
  type Case = [
    name: string,
    ask: (client: Awaited<ReturnType<typeof serveFake>>["client"]) => Promise<unknown>,
    RegExp,
  ];
  const cases: Case[] = [
    ...ids.flatMap((id): Case[] => [
      [
        `CreateContainer of ${JSON.stringify(id.slice(0, 9))}`,
        (c) => c.call("createContainer", { id, bundlePath: "/b" }),
        /id/,
      ],
      [
        `Signal to process ${JSON.stringify(id.slice(0, 9))}`,
        (c) => c.call("signal", { id: "a", pid: id, signal: 9 }),
        /id/,
      ],
      [
        `AddProcess named ${JSON.stringify(id.slice(0, 9))}`,
        (c) => c.call("addProcess", { id: "a", pid: id, args: ["x"] }),
        /id/,
      ],
    ]),
    ["no bundle", (c) => c.call("createContainer", { id: "a" }), /^empty bundle path$/],
    [
      "a bundle that is relative",
      (c) => c.call("createContainer", { id: "a", bundlePath: "b" }),
      /absolute path/,
    ],
    [
      "stdout that is relative",
      (c) => c.call("createContainer", { id: "a", bundlePath: "/b", stdout: "o" }),
      /stdout "o"/,
    ],
    [
      "a checkpoint above its directory",
      (c) => c.call("createContainer", { id: "a", bundlePath: "/b", checkpoint: "../x" }),
      /checkpoint/,
    ],
    ["signal 0", (c) => c.call("signal", { id: "a", pid: "init", signal: 0 }), /invalid signal 0/],
    ["signal 65", (c) => c.call("signal", { id: "a", pid: "init", signal: 65 }), /invalid signal 65/],
    ["no arguments", (c) => c.call("addProcess", { id: "a", pid: "p", args: [] }), /at least one/],
    ["a process named init", (c) => c.call("addProcess", { id: "a", pid: "init", args: ["x"] }), /init/],
    [
      "NUL in the environment",
      (c) => c.call("addProcess", { id: "a", pid: "p", args: ["x"], env: ["SECRET=\0"] }),
      /^invalid env: it has a NUL byte in it$/,
    ],
    [
      "a huge terminal",
      (c) => c.call("updateProcess", { id: "a", pid: "init", width: 70_000 }),
      /width 70000/,
    ],
    [
      "an unknown status",
      (c) => c.call("updateContainer", { id: "a", status: "flying" }),
      /^containerd: unknown container status flying$/,
    ],
    [
      "a checkpoint without a name",
      (c) => c.call("createCheckpoint", { id: "a" }),
      /^checkpoint name cannot be empty$/,
    ],
    [
      "deleting a checkpoint without a name",
      (c) => c.call("deleteCheckpoint", { id: "a" }),
      /^checkpoint name cannot be empty$/,
    ],
  ];
  for (const [name, ask, wanted] of cases) {
    test(name, async () => {
      await using stack = new AsyncDisposableStack();
      const { client, supervisor } = await serveFake(stack);
      await assert.rejects(ask(client), rejectsWith(3, wanted));
      assert.deepEqual(supervisor.sent, []);
    });
  }
});

test("bytes that are no message are the client's fault", async () => {
  await using stack = new AsyncDisposableStack();
  const { socket } = await serveFake(stack);
  const client = new Client(`unix://${socket}`, credentials.createInsecure());
  stack.defer(() => client.close());
  const call = new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      "/types.API/State",
      () => Buffer.of(0x0a, 0x7f, 0x01),
      (bytes) => bytes,
      undefined,
      (error, value) => (error === null ? resolve(value) : reject(error)),
    );
  });
  await assert.rejects(call, rejectsWith(3, /cannot read the request as types.StateRequest/));
});

test("a request past 4 MiB costs its own call, and the connection goes on", async () => {
  await using stack = new AsyncDisposableStack();
  const { client } = await serveFake(stack);
  const labels = ["x".repeat(5 * 1024 * 1024)];
  await assert.rejects(
    client.call("createContainer", { id: "a", bundlePath: "/b", labels }),
    rejectsWith(8, /larger/),
  );
  assert.equal((await client.call("getServerVersion", {})).minor, 2);
});

test("a failure's code and text arrive unchanged, whatever is in the text", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  const text = 'oci runtime error: exec: "näh": 100% not\nfound \ud800 in $PATH';
  supervisor.answer = () => {
    throw new Failure("NOT_FOUND", text);
  };
  await assert.rejects(
    client.call("state", { id: "a" }),
    (error: unknown) => (error as { details: string }).details === text.toWellFormed(),
  );
});

test("an error of 1 MiB still arrives", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  supervisor.answer = () => {
    throw new Failure("INTERNAL", `begin ${"ü".repeat(1 << 20)} end`);
  };
  await assert.rejects(client.call("state", {}), rejectsWith(13, /^begin .* … .* end$/));
});

test("a deadline that passes is answered at once, and the work is told", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, supervisor } = await serveFake(stack);
  const told = Promise.withResolvers<unknown>();
  supervisor.answer = (_task, signal) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        told.resolve(signal.reason);
        reject(signal.reason);
      }),
    );
  // a client that keeps time itself may cancel a moment before the server does
  await assert.rejects(client.call("state", {}, {}, { "grpc-timeout": "50m" }), { code: 4 });
  const reason = await told.promise;
  assert.ok(reason instanceof Failure && reason.code === "DEADLINE_EXCEEDED");
});

test("a client that vanishes in the middle of a call cancels it", async () => {
  await using stack = new AsyncDisposableStack();
  const { socket, supervisor } = await serveFake(stack);
  const called = Promise.withResolvers<AbortSignal>();
  supervisor.answer = (_task, signal) => {
    called.resolve(signal);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const client = new Client(`unix://${socket}`, credentials.createInsecure());
  const call = client.makeUnaryRequest(
    "/types.API/State",
    () => Buffer.alloc(0),
    (b) => b,
    undefined,
    () => undefined,
  );
  const signal = await called.promise;
  call.cancel();
  client.close();
  if (!signal.aborted) await once(signal, "abort");
  assert.ok(signal.reason instanceof Failure && signal.reason.code === "CANCELLED");
});

test("health is SERVING for the whole and for types.API, NOT_FOUND for others", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, socket } = await serveFake(stack);
  assert.equal(await client.healthy(), true);
  const other = new Client(`unix://${socket}`, credentials.createInsecure());
  stack.defer(() => other.close());
  const check = (service: string): Promise<Buffer | undefined> =>
    new Promise((resolve, reject) => {
      other.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        () => Buffer.concat([Buffer.of(0x0a, service.length), Buffer.from(service)]),
        (bytes: Buffer) => bytes,
        undefined,
        (error, value) => (error === null ? resolve(value) : reject(error)),
      );
    });
  assert.deepEqual(await check("types.API"), Buffer.of(8, 1));
  await assert.rejects(check("another"), rejectsWith(5, /unknown service "another"/));
});

test("garbage and half a request on other connections leave this one alone", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, socket, server } = await serveFake(stack);
  await client.call("getServerVersion", {});
  for (const bytes of [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(100_000, 0xff),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\xff\x01"),
  ]) {
    const connection = net
      .connect(socket)
      .on("error", () => undefined)
      .resume();
    connection.end(bytes);
    await once(connection, "close");
  }
  await client.call("getServerVersion", {});
  assert.deepEqual(server.describe()["connections"], 1);
});

test("a client whose :authority is the socket's path is served", async () => {
  await using stack = new AsyncDisposableStack();
  const { socket } = await serveFake(stack);
  const client = new Client(`unix://${socket}`, credentials.createInsecure(), {
    "grpc.default_authority": socket,
  });
  stack.defer(() => client.close());
  for (let n = 0; n < 100; n += 1) {
    const metadata = new Metadata();
    for (let m = 0; m < 3; m += 1) metadata.set(`x-${n}-${m}`, "v".repeat(100)); // the table forgets :authority
    const bytes = await new Promise<Buffer | undefined>((resolve, reject) => {
      client.makeUnaryRequest(
        "/types.API/GetServerVersion",
        () => Buffer.alloc(0),
        (reply: Buffer) => reply,
        undefined,
        metadata,
        (error, value) => (error === null ? resolve(value) : reject(error)),
      );
    });
    assert.ok(bytes?.includes("test"));
  }
});
