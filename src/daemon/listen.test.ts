import assert from "node:assert/strict";
import { once } from "node:events";
import { linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Failure } from "../base/errors.ts";
import { checkFree, groupNumber, listen } from "./listen.ts";
import { isLoopback, type ListenAddress, parseListenAddress } from "./listen-address.ts";

const isRoot = process.getuid?.() === 0;

function unix(stack: DisposableStack): Extract<ListenAddress, { kind: "unix" }> {
  const directory = mkdtempSync(path.join(tmpdir(), "listen-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  return { kind: "unix", path: path.join(directory, "made/api.sock") };
}

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure);
  assert.match(error.message, message);
  return true;
};

test("a Unix socket is root's alone, or a group's too", { skip: !isRoot }, async () => {
  using stack = new DisposableStack();
  const address = unix(stack);
  let server = await listen({ address, tls: undefined, gid: undefined }, () => undefined);
  assert.equal(statSync(address.path).mode & 0o777, 0o600);
  server.close();
  server = await listen({ address, tls: undefined, gid: 4242 }, () => undefined);
  assert.equal(statSync(address.path).mode & 0o777, 0o660);
  assert.equal(statSync(address.path).gid, 4242);
  server.close();
});

test("the socket of a live daemon is left alone, a stale one is replaced", async () => {
  using stack = new DisposableStack();
  const address = unix(stack);
  const server = await listen({ address, tls: undefined, gid: undefined }, (socket) => socket.destroy());
  await assert.rejects(checkFree(address, 0), refused(/another process listens there/));
  server.close();
  // What a killed process leaves: a socket's file that nobody listens on. Its other name stays when its first is unlinked.
  const dead = net.createServer().listen(`${address.path}.dead`);
  await once(dead, "listening");
  linkSync(`${address.path}.dead`, address.path);
  dead.close();
  await once(dead, "close");
  await checkFree(address, 0);
  const next = await listen({ address, tls: undefined, gid: undefined }, (socket) => socket.end("next"));
  const [said] = await once(net.connect(address.path), "data");
  assert.equal(String(said), "next");
  next.close();
});

test("a file that is no socket is not touched", async () => {
  using stack = new DisposableStack();
  const address = { kind: "unix", path: path.resolve(unix(stack).path, "../../file") } as const;
  writeFileSync(address.path, "precious");
  await assert.rejects(checkFree(address, 0), refused(/it exists and is no socket/));
  await assert.rejects(
    listen({ address, tls: undefined, gid: undefined }, () => undefined),
    refused(/cannot listen on unix:/),
  );
  assert.equal(statSync(address.path).size, 8);
});

test("an address in use is one sentence", async () => {
  const first = await listen(
    { address: { kind: "tcp", host: "127.0.0.1", port: 0 }, tls: undefined, gid: undefined },
    () => undefined,
  );
  const { port } = first.address() as net.AddressInfo;
  await assert.rejects(
    listen(
      { address: { kind: "tcp", host: "127.0.0.1", port }, tls: undefined, gid: undefined },
      () => undefined,
    ),
    refused(/^cannot listen on tcp:\/\/127.0.0.1:\d+: /),
  );
  first.close();
});

test("a descriptor that nobody passed is one sentence", async () => {
  await assert.rejects(
    listen({ address: { kind: "fd", fd: 999 }, tls: undefined, gid: undefined }, () => undefined),
    refused(/^cannot listen on fd:\/\/999: /),
  );
  await assert.rejects(checkFree({ kind: "fd", fd: 3 }, 0), refused(/fd:\/\/3: systemd passed no socket$/));
  await checkFree({ kind: "fd", fd: 4 }, 2);
});

test("a group is found by its name or number", () => {
  const groups = "root:x:0:\ndocker:x:998:me,you\nbroken\n";
  assert.equal(groupNumber("docker", groups), 998);
  assert.equal(groupNumber("7", groups), 7);
  assert.throws(() => groupNumber("nobody-here", groups), refused(/there is no group "nobody-here"/));
});

test("addresses are read as they are written", () => {
  assert.deepEqual(parseListenAddress("unix:///a/b"), { kind: "unix", path: "/a/b" });
  assert.deepEqual(parseListenAddress("/a/b"), { kind: "unix", path: "/a/b" });
  assert.deepEqual(parseListenAddress("./b"), { kind: "unix", path: "./b" });
  assert.deepEqual(parseListenAddress("tcp://[::1]:80"), { kind: "tcp", host: "::1", port: 80 });
  assert.deepEqual(parseListenAddress("tcp://:80"), { kind: "tcp", host: "::", port: 80 });
  assert.deepEqual(parseListenAddress("fd://"), { kind: "fd", fd: 3 });
  assert.deepEqual(parseListenAddress("fd://5"), { kind: "fd", fd: 5 });
  assert.equal(isLoopback("127.1.2.3"), true);
  assert.equal(isLoopback("127.example.org"), false);
});
