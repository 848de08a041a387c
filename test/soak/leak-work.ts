import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { bellsOf, countable, type Reading, readingsOf, slope } from "./leaks.ts";

export interface Amount {
  readonly lifecycles: number;
  readonly execs: number;
  /** Bytes of memory for each lifecycle or exec that pass for noise: a heap that is swept late. */
  readonly noise: number;
}

/** Containers start and end, processes are executed and end; afterwards daemon and shim have what they had. */
export async function proveNoLeak(context: TestContext, { lifecycles, execs, noise }: Amount): Promise<void> {
  await using daemon = await TestDaemon.start({ runtime: "crun" });
  using events = daemon.events();
  const ends = new Map<string, () => void>();
  events.onEvent = ({ type, id, pid }) => {
    if (type === "exit") ends.get(`${id}/${pid}`)?.();
  };
  const ended = (id: string, process: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(`${id}/${process}`, resolve);
    return promise.finally(() => ends.delete(`${id}/${process}`));
  };
  // one container stays, so that there is one shim throughout
  const { id: host } = await daemon.run("host", ["sleep", "1000000"]);
  const bundlePath = daemon.bundle("short", ["true"]);

  const lifecycle = async (n: number): Promise<void> => {
    const id = daemon.id(`l${n}`);
    const end = ended(id, "init");
    await daemon.client.call("createContainer", { id, bundlePath });
    await end;
  };
  const exec = async (n: number): Promise<void> => {
    const pid = `x${n}`;
    const end = ended(host, pid);
    await daemon.client.call("addProcess", {
      id: host,
      pid,
      args: ["true"],
      cwd: "/",
      env: ["PATH=/bin"],
      user: {},
    });
    await end;
  };
  // seen events would be the test's own leak, not the daemon's
  events.all.length = 0;
  check(context, noise, "lifecycles", await readingsOf(daemon, { ...parts(lifecycles), once: lifecycle }));
  check(context, noise, "execs", await readingsOf(daemon, { ...parts(execs), once: exec }));
}

const parts = (times: number) => ({ times, atOnce: 4, readings: 10 });

function check(context: TestContext, noise: number, what: string, readings: readonly Reading[]): void {
  // the first half has what is made once, when it is first needed: code that gets compiled, a heap that finds its size
  const settled = readings.slice(readings.length / 2);
  const [first, last] = [settled[0], settled.at(-1)];
  assert.ok(first !== undefined && last !== undefined);
  const daemonSlope = slope(settled, ({ daemon }) => daemon);
  const shimSlope = slope(settled, ({ shims }) => shims[0]);
  const line = ({ done, daemon, shims, files }: Reading): string =>
    [
      `${done} ${what}: daemon ${daemon.descriptors.length} descriptors ${daemon.threads} threads ${daemon.memory} KiB`,
      ...shims.map((shim) => `shim ${shim.descriptors.length} ${shim.threads} ${shim.memory} KiB`),
      `${files.length} files`,
    ].join(", ");
  for (const reading of readings) context.diagnostic(line(reading));
  context.diagnostic(
    `${what}: the daemon grows by ${daemonSlope.toFixed(0)} bytes each, the shim by ${shimSlope.toFixed(0)}`,
  );
  assert.equal(countable(last), countable(first), `${what} leave something behind`);
  assert.ok(bellsOf(last) <= bellsOf(first) + 1, `${what}: from ${bellsOf(first)} bells to ${bellsOf(last)}`);
  assert.ok(daemonSlope < noise, `${what}: the daemon's memory grows by ${daemonSlope} bytes each`);
  assert.ok(shimSlope < noise, `${what}: the shim's memory grows by ${shimSlope} bytes each`);
}
