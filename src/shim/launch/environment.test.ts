import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeEnvironment } from "./environment.ts";

test("a runtime is not told what is meant for the daemon", () => {
  const env = {
    ...{ PATH: "/bin", HTTP_PROXY: "x", NOTIFY_SOCKET: "/n", LISTEN_FDS: "3", NODE_OPTIONS: "-x" },
    ...{ CONTAINERD_TS_FAILPOINT: "a", MY_NODE_THING: "1", none: undefined },
  };
  assert.deepEqual(runtimeEnvironment(env), ["PATH=/bin", "HTTP_PROXY=x", "MY_NODE_THING=1"]);
});
