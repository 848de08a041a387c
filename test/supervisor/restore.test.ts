import { test } from "node:test";
import { runIsolated } from "../harness/isolated.ts";

test("whatever earlier daemons left is found again, however much it is", async () => {
  await runIsolated(import.meta.url, "restore.isolated.ts");
});
