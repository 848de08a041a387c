import { test } from "node:test";
import { runIsolated } from "../harness/isolated.ts";

test("damaged files of the state directory cost no running container", async () => {
  await runIsolated(import.meta.url, "salvage.isolated.ts");
});
