import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import tls from "node:tls";
import { Failure } from "../base/errors.ts";
import { listen } from "./listen.ts";
import { makeTlsServer } from "./tls.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** Certificates of a test's own: an authority's, and what it signed for server and client. */
function certificates(stack: DisposableStack): (name: string) => string {
  const directory = mkdtempSync(path.join(tmpdir(), "tls-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  const file = (name: string): string => path.join(directory, name);
  const openssl = (line: string): void => {
    const { status, stderr } = spawnSync("openssl", line.split(" "), { cwd: directory });
    assert.equal(status, 0, String(stderr));
  };
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -subj /CN=ca -days 2`);
  for (const name of ["server", "client"]) {
    openssl(`req ${key} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    openssl(`x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ${name}.pem -days 2`);
  }
  return file;
}

test("only clients with a certificate of the authority get in", { skip: !hasOpenssl }, async () => {
  using stack = new DisposableStack();
  const file = certificates(stack);
  const files = { cert: file("server.pem"), key: file("server.key"), ca: file("ca.pem") };
  const address = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
  const server = await listen({ address, tls: files, gid: undefined }, (socket) => socket.end("welcome"));
  stack.defer(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const common = {
    port,
    host: "127.0.0.1",
    ca: readFileSync(file("ca.pem")),
    checkServerIdentity: () => undefined,
  };
  const known = tls.connect({
    ...common,
    cert: readFileSync(file("client.pem")),
    key: readFileSync(file("client.key")),
  });
  const [said] = await once(known, "data");
  assert.equal(String(said), "welcome");
  const stranger = tls.connect(common);
  let heard = "";
  stranger.on("data", (data) => {
    heard += String(data);
  });
  const [error] = await once(stranger, "error");
  assert.match(String(error.code), /CERTIFICATE_REQUIRED|ECONNRESET|HANDSHAKE/);
  assert.equal(heard, "");
});

test("files that are not there or no PEM are refused with one sentence", { skip: !hasOpenssl }, () => {
  using stack = new DisposableStack();
  const file = certificates(stack);
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof Failure && message.test(error.message);
  assert.throws(
    () => makeTlsServer({ cert: file("none"), key: file("server.key"), ca: undefined }, () => undefined),
    refused(/^cannot read --tls-cert: ENOENT/),
  );
  writeFileSync(file("nonsense"), "x");
  assert.throws(
    () => makeTlsServer({ cert: file("nonsense"), key: file("server.key"), ca: undefined }, () => undefined),
    refused(/^cannot use --tls-cert and --tls-key: /),
  );
});
