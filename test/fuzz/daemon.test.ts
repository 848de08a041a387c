import { test } from "node:test";
import { runIsolated } from "../harness/isolated.ts";

test("random calls at a daemon change nothing that is not theirs to change", async () => {
  await runIsolated(
    import.meta.url,
    "daemon.isolated.ts",
    process.env["FUZZ_RUNS"] === undefined ? 240 : 7200,
  );
});
