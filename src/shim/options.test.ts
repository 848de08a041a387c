import assert from "node:assert/strict";
import { test } from "node:test";
import { shimOptions } from "./options.ts";

test("a shared shim is told its state directory and its name", () => {
  assert.deepEqual(shimOptions(["--state", "/run/x", "--name", "shared"], "/"), {
    ...{ state: "/run/x", name: "shared", launches: 4 },
  });
});

test("0.2.x's form finds the state directory from where it is started", () => {
  const options = shimOptions(["id", "/bundle", "runc", "--launches", "2"], "/run/x/containers/id");
  assert.deepEqual(options, { state: "/run/x", name: "id", launches: 2 });
});

test("anything else is refused, and says how it is called", () => {
  for (const args of [
    [],
    ["--state", "/x"],
    ["--state", "/x", "--name", ".."],
    ["--state", "/x", "--name", "n", "more"],
    ["id", "/bundle"],
    ["other", "/bundle", "runc"],
    ["--state", "/x", "--name", "n", "--launches", "0"],
    ["--no-such"],
  ])
    assert.throws(
      () => shimOptions(args, "/run/x/containers/id"),
      { code: "INVALID_ARGUMENT" },
      args.join(" "),
    );
});
