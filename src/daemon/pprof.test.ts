import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { servePprof } from "./pprof.ts";

test("CPU profiles and heap snapshots are served in the form that Chrome opens", async () => {
  const server = await servePprof({ host: "127.0.0.1", port: 0 });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const profile = (await (await fetch(`${base}/debug/pprof/profile?seconds=0.05`)).json()) as Record<
      string,
      unknown
    >;
    assert.ok(Array.isArray(profile["nodes"]) && Array.isArray(profile["samples"]));
    const heap = (await (await fetch(`${base}/debug/pprof/heap`)).json()) as Record<string, unknown>;
    assert.ok("snapshot" in heap && Array.isArray(heap["nodes"]));
    assert.match(await (await fetch(`${base}/debug/pprof/`)).text(), /heap snapshot/);
    assert.equal((await fetch(`${base}/debug/pprof/profile?seconds=x`)).status, 400);
    assert.equal((await fetch(`${base}/elsewhere`)).status, 404);
  } finally {
    server.close();
  }
});

test("a page whose name was made to mean this machine gets nothing", async () => {
  const server = await servePprof({ host: "127.0.0.1", port: 0 });
  const { port } = server.address() as AddressInfo;
  try {
    const status = await new Promise((resolve) =>
      http.get(
        { host: "127.0.0.1", port, path: "/debug/pprof/heap", headers: { host: "evil.example" } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      ),
    );
    assert.equal(status, 403);
  } finally {
    server.close();
  }
});
