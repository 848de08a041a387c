import assert from "node:assert/strict";
import { test } from "node:test";
import { execArguments, restoreArguments, runArguments } from "./arguments.ts";

const call = { id: "box", runtimeArgs: ["--log", "/client/log"], log: "/s/log.json", pidFile: "/s/pid" };
const run = { ...call, bundle: "/b", noPivotRoot: false };
const global = ["--log", "/s/log.json", "--log-format", "json", "--log", "/client/log"];

test("a client's own --log comes after the daemon's, since a runtime takes the last", () => {
  assert.deepEqual(runArguments(run), [
    ...global,
    "run",
    "--detach",
    "--pid-file",
    "/s/pid",
    "--bundle",
    "/b",
    "box",
  ]);
});

test("a terminal and a root that cannot be pivoted are told", () => {
  assert.deepEqual(
    runArguments({ ...run, runtimeArgs: [], consoleSocket: "/s/console", noPivotRoot: true }).slice(4),
    [
      "run",
      ...[
        "--detach",
        "--pid-file",
        "/s/pid",
        "--console-socket",
        "/s/console",
        "--bundle",
        "/b",
        "--no-pivot",
        "box",
      ],
    ],
  );
});

test("an exec takes its process from a file", () => {
  assert.deepEqual(execArguments({ ...call, processFile: "/s/process.json" }).slice(global.length), [
    "exec",
    ...["--detach", "--pid-file", "/s/pid", "--process", "/s/process.json", "box"],
  ]);
});

test("a restore has the checkpoint's images and flags beside what a start has", () => {
  const restore = { ...run, imagePath: "/c/one", workPath: "/c/one/criu.work", flags: ["--tcp-established"] };
  assert.deepEqual(restoreArguments(restore).slice(global.length), [
    ...["restore", "--detach", "--pid-file", "/s/pid", "--bundle", "/b"],
    ...["--image-path", "/c/one", "--work-path", "/c/one/criu.work", "--tcp-established", "box"],
  ]);
});
