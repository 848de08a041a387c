import assert from "node:assert/strict";
import { test } from "node:test";
import { takeSystemdEnvironment } from "./systemd.ts";

test("systemd's variables are read once and no child inherits them", () => {
  const environment = {
    LISTEN_PID: "7",
    LISTEN_FDS: "1",
    LISTEN_FDNAMES: "api",
    NOTIFY_SOCKET: "/run/n",
    PATH: "/bin",
  };
  assert.deepEqual(takeSystemdEnvironment(environment, 7), { sockets: 1, notify: "/run/n" });
  assert.deepEqual(environment, { PATH: "/bin" });
});

test("sockets that were meant for another process are not ours", () => {
  assert.equal(takeSystemdEnvironment({ LISTEN_PID: "8", LISTEN_FDS: "1" }, 7).sockets, 0);
  assert.deepEqual(takeSystemdEnvironment({}, 7), { sockets: 0, notify: undefined });
});
