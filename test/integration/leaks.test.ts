import { test } from "node:test";
import { prepareHost } from "../harness/host.ts";
import { proveNoLeak } from "../soak/leak-work.ts";

prepareHost();

test("300 lifecycles and 300 execs leave no descriptor, thread, child or file, and no memory that counts", async (context) => {
  // so few show a leak of memory only where it is large: `npm run soak -- leaks` has the finer scale
  await proveNoLeak(context, { lifecycles: 300, execs: 300, noise: 65_536 });
});
