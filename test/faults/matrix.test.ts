import { test } from "node:test";
import type { FailpointName } from "../../src/base/failpoint.ts";
import { prepareHost } from "../harness/host.ts";
import { runScenario } from "./scenario.ts";

prepareHost();

const daemons: readonly FailpointName[] = [
  ...(["create.recorded", "create.launched", "create.logged"] as const),
  ...(["exec.recorded", "exec.launched", "exec.logged", "exec.exit-logged"] as const),
  ...(["pause.done", "resume.done", "update.done"] as const),
  ...(["exit.noticed", "exit.deleted", "exit.logged", "exit.removed"] as const),
];
const shims: readonly FailpointName[] = [
  "shim.opened",
  "shim.spawned",
  "shim.launched",
  "shim.exit-seen",
  "shim.exit-recorded",
];

for (const runtime of ["runc", "crun"]) {
  for (const at of daemons) {
    test(`with ${runtime}, the daemon dies at ${at}`, () => runScenario({ at, runtime }));
    test(`with ${runtime}, the daemon dies at ${at}, and its shim after it`, () =>
      runScenario({ at, runtime, withShim: true }));
  }
  for (const at of shims) {
    // the first is init's or an exec's, the second another's
    for (const time of [1, 2]) {
      const which = time === 1 ? "first" : "second";
      test(`with ${runtime}, the shim dies the ${which} time at ${at}`, () =>
        runScenario({ at, time, runtime }));
      test(`with ${runtime}, the shim dies the ${which} time at ${at}, and the daemon after it`, () =>
        runScenario({ at, time, runtime, withDaemon: true }));
    }
  }
}
