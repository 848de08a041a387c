import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FailpointName } from "../../src/base/failpoint.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { words } from "../harness/event-log.ts";
import { tempDir } from "../harness/temp.ts";
import { until } from "../harness/until.ts";
import { checkLives, checkTimes } from "./lives.ts";

export interface Death {
  readonly at: FailpointName;
  /** Which passing of that moment. */
  readonly time?: number;
  /** Whether the shim, too, is killed while the daemon is dead, or dying. */
  readonly withShim?: boolean;
  /** Whether the daemon, too, is killed once its shim has died. */
  readonly withDaemon?: boolean;
  readonly runtime: string;
}

/** gRPC codes of a call that a death has cut off. */
const cut = new Set([1, 2, 4, 13, 14]);
const past = { timestamp: { seconds: 0n, nanos: 0 } };

/**
 * A container's whole life (create, exec, pause, resume, update, an exec that lives on, kill), in the middle of which daemon or shim dies
 * at a named moment; then the same again with the next daemon; then everything that was told is looked at.
 *
 * @returns how many processes died, so that a test can see that its moment came
 */
export async function runScenario(death: Death): Promise<void> {
  const { at, time = 1, runtime } = death;
  await using own = await tempDir();
  const once = join(own.path, "once");
  writeFileSync(once, "");
  await using daemon = await TestDaemon.start({
    runtime,
    env: { CONTAINERD_TS_FAILPOINT: `${at}=kill:${time}`, CONTAINERD_TS_FAILPOINT_ONCE: once },
  });
  const isShims = at.startsWith("shim.");
  const pid = daemon.pid;
  // of an end that only the shim has seen, before it could write it down, nobody can know how it was
  const statuses = at === "shim.exit-seen" ? [5, 255] : [5];
  await life(daemon, "first", statuses).catch(expectCut);
  if (!isShims) await until(`the daemon dies at ${at}`, () => !lives(pid));
  assert.ok(!existsSync(once), `somebody dies at ${at}`);
  if (death.withShim === true) await daemon.killShims();
  if (!isShims || death.withDaemon === true) {
    await daemon.end();
    await daemon.launch();
  }
  await settled(daemon);
  await life(daemon, "second", [5]);
  await checkAll(daemon);
}

/** A container of the one id is there and serves, made now if need be; then it is killed. */
async function life(daemon: TestDaemon, name: string, statuses: readonly number[]): Promise<void> {
  const id = daemon.id("a");
  const { client } = daemon;
  const { containers } = await client.call("state", {});
  if (containers.length === 0) {
    const bundlePath = daemon.bundle("a", ["sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; done"]);
    await client.call("createContainer", { id, bundlePath });
  }
  const exec = { id, cwd: "/", env: ["PATH=/bin"], user: {} };
  using events = daemon.events(past);
  await client.call("addProcess", { ...exec, pid: `${name}-short`, args: ["sh", "-c", "exit 5"] });
  await client.call("addProcess", { ...exec, pid: `${name}-long`, args: ["sleep", "1000"] });
  await client.call("updateContainer", { id, pid: "init", status: "paused" });
  await client.call("updateContainer", { id, pid: "init", status: "running" });
  await client.call("updateContainer", { id, pid: "init", resources: { pidsLimit: 100n } });
  const { status } = await events.exit(id, `${name}-short`, 15);
  assert.ok(statuses.includes(status), `the exec ends with ${statuses}, not ${status}`);
  await client.call("signal", { id, pid: "init", signal: 9 });
  await until(
    "the container is gone",
    async () => (await client.call("state", {})).containers.length === 0,
    15,
  );
}

/** What a death in its middle does to a call, and to those who wait for what a dead daemon would have told. */
function expectCut(error: Error & { code?: number }): void {
  if (error.code !== undefined && cut.has(error.code)) return;
  if (error.message.includes("waited 15 s in vain")) return;
  throw error;
}

/** Every container is whole or gone: what State shows is running and can be ended, what it does not show is nowhere. */
async function settled(daemon: TestDaemon): Promise<void> {
  const state = async () => (await daemon.client.call("state", {})).containers;
  await until("nothing is ending any more", async () =>
    (await state()).every(({ status }) => status !== "stopped"),
  );
  const ids = (await state()).map(({ id }) => id);
  assert.deepEqual(readdirSync(join(daemon.stateDir, "containers")).sort(), ids.sort());
  for (const { id, status, processes } of await state()) {
    for (const { systemPid } of processes) assert.ok(lives(systemPid), `${id}: ${systemPid} lives`);
    if (status === "paused")
      await daemon.client.call("updateContainer", { id, pid: "init", status: "running" });
  }
}

async function checkAll(daemon: TestDaemon): Promise<void> {
  using replay = daemon.events({ ...past, storedOnly: true });
  await until("the replay ends", () => replay.ended !== undefined);
  assert.equal(replay.ended, 0);
  checkTimes(replay.all);
  const count = checkLives(replay.all);
  assert.ok(count >= 1 && count <= 2, `${count} lives: ${replay.all.map(words).join(", ")}`);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
