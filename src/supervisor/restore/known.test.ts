import assert from "node:assert/strict";
import { test } from "node:test";
import type { ShimProcess } from "../../shim/client/index.ts";
import { StateDir } from "../../state/layout.ts";
import { Known } from "./known.ts";

const state = new StateDir("/state");
const directory = state.container("a").process("x");

const ended: ShimProcess = {
  ...{ container: "a", process: "x", directory: directory.path },
  ...{ state: "ended", pid: 1, status: 0, at: 1n },
};
const running: ShimProcess = {
  ...{ container: "a", process: "x", directory: directory.path },
  ...{ state: "running", pid: 2, startTime: 1n, held: {} },
};

test("of two processes of one name the one that runs is meant", () => {
  for (const order of [
    [ended, running],
    [running, ended],
  ])
    assert.equal(new Known(new Map([["shared", order]])).get("a", "x", directory)?.state, "running");
});

test("a process is known by its directory, too: another state's is none of ours", () => {
  const known = new Known(new Map([["shared", [{ ...running, directory: "/other/containers/a/x" }]]]));
  assert.equal(known.get("a", "x", directory), undefined);
});

test("names that cannot be part of a path are not heard", () => {
  const known = new Known(
    new Map([
      [
        "shared",
        [
          { ...running, container: ".." },
          { ...running, process: "../b" },
        ],
      ],
    ]),
  );
  assert.deepEqual(known.containers, []);
});
