import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { test } from "node:test";
import { AuthorityFilter } from "./filter.ts";

/** An HTTP/2 server behind the filter; answers with the :authority that it saw, and whatever body it was sent. */
async function serve(stack: AsyncDisposableStack): Promise<() => net.Socket> {
  const server = http2.createServer();
  server.on("stream", (stream, headers) => {
    stream.respond({ "x-seen": headers[":authority"] ?? "" });
    stream.pipe(stream);
  });
  server.on("sessionError", () => undefined);
  const listener = net.createServer((socket) => server.emit("connection", new AuthorityFilter(socket)));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  stack.defer(() => void listener.close());
  const { port } = listener.address() as net.AddressInfo;
  return () => net.connect(port, "127.0.0.1");
}

async function seen(session: http2.ClientHttp2Session, authority: string, body = ""): Promise<string[]> {
  const stream = session.request({ ":authority": authority, ":method": "POST", ":path": "/a/b" });
  stream.end(body);
  const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  const echoed: Buffer[] = [];
  for await (const chunk of stream) echoed.push(chunk as Buffer);
  return [String(headers["x-seen"]), Buffer.concat(echoed).toString()];
}

test("a client whose :authority is a raw path is served, for as many different ones as it likes", async () => {
  await using stack = new AsyncDisposableStack();
  const connect = await serve(stack);
  const session = http2.connect("http://any", { createConnection: connect });
  stack.defer(() => session.destroy());
  for (let n = 0; n < 150; n += 1) {
    const path = `/run/some dir/${"x".repeat(n % 40)}${n}.sock`;
    assert.deepEqual(await seen(session, path), [path.replace(/[/ ]/g, "-"), ""]);
  }
});

test("large bodies pass both ways, whole", async () => {
  await using stack = new AsyncDisposableStack();
  const connect = await serve(stack);
  const session = http2.connect("http://any", { createConnection: connect });
  stack.defer(() => session.destroy());
  const body = "/0123456789abcde".repeat(200_000);
  const [authority, echoed] = await seen(session, "/run/x.sock", body);
  assert.equal(authority, "-run-x.sock");
  assert.equal(echoed === body, true);
});

test("a connection that ends in the middle of a request leaves the others alone", async () => {
  await using stack = new AsyncDisposableStack();
  const connect = await serve(stack);
  const session = http2.connect("http://any", { createConnection: connect });
  stack.defer(() => session.destroy());
  for (const bytes of ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x40\x01", "GET / HTTP/1.1\r\n\r\n", ""]) {
    const socket = connect();
    socket.on("error", () => undefined).resume();
    socket.end(bytes);
    await once(socket, "close");
  }
  assert.deepEqual(await seen(session, "/still/here"), ["-still-here", ""]);
});
