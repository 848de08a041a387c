import { spawn } from "node:child_process";
import { once } from "node:events";
import { makeFifo } from "../../test/harness/fifo.ts";
import { type Figure, seconds } from "../figures.ts";
import { cpuSeconds } from "../kernel.ts";
import type { Row } from "../row.ts";
import { figure, openOurs } from "./ours-only.ts";

const megabytes = 4000;
const terminalMegabytes = 200;
const produce = (count: number): string[] => ["dd", "if=/dev/zero", "bs=1000000", `count=${count}`];

/** Runs `command` to its end. */
async function shell(command: string): Promise<void> {
  await once(spawn("sh", ["-c", command], { stdio: ["ignore", "ignore", "ignore"] }), "exit");
}

export const stdio: Row = {
  name: "stdio",
  title: `Container → FIFO → reader, ${megabytes / 1000} GB`,
  target: "the kernel's pipe; no CPU of the shim",
  measure: async (plan) => {
    const figures: Figure[] = [];
    const own: number[] = [];
    const pipe: number[] = [];
    const cpu: number[] = [];
    for (let round = 1; round <= plan.rounds; round += 1) {
      pipe.push(
        megabytes /
          1000 /
          (await seconds(() => shell(`busybox ${produce(megabytes).join(" ")} | cat >/dev/null`))),
      );
      const run = await through(megabytes, false);
      own.push(megabytes / 1000 / run.seconds);
      cpu.push(run.shimCpu);
    }
    figures.push(
      { ...figure("through a pipe of the shell", "GB/s", pipe, "more"), subject: "the kernel" },
      { ...figure("through the container's stdout", "GB/s", own, "more"), limit: "the kernel" },
      figure("the shim's CPU meanwhile", "s", cpu),
    );
    return { figures, notes: ["Starting the container and its end are within the time."] };
  },
};

export const terminal: Row = {
  name: "terminal",
  title: `Container → terminal → shim → FIFO → reader, ${terminalMegabytes} MB`,
  target: "reported",
  measure: async (plan) => {
    const speeds: number[] = [];
    const cpu: number[] = [];
    for (let round = 1; round <= plan.rounds; round += 1) {
      const run = await through(terminalMegabytes, true);
      speeds.push(terminalMegabytes / run.seconds);
      cpu.push(run.shimCpu);
    }
    return {
      figures: [figure("speed", "MB/s", speeds, "more"), figure("the shim's CPU", "s", cpu)],
      notes: [],
    };
  },
};

/** Has a container write so much to its stdout, and `cat` read it. */
async function through(count: number, isTerminal: boolean): Promise<{ seconds: number; shimCpu: number }> {
  await using ours = await openOurs();
  const { daemon } = ours;
  const stdout = makeFifo(daemon.directory, "out");
  // its first container starts the shim: not the one that is measured
  const { id: first } = await daemon.run("first", ["sleep", "1000"]);
  const id = daemon.id("writer");
  const bundlePath = daemon.bundle("writer", { args: produce(count), terminal: isTerminal });
  const [shim = 0] = daemon.shims();
  const before = cpuSeconds(shim);
  const taken = await seconds(async () => {
    const read = shell(`cat '${stdout}' >/dev/null`);
    await daemon.client.call("createContainer", { id, bundlePath, stdout });
    await read;
  });
  const shimCpu = cpuSeconds(shim) - before;
  await daemon.killContainer(first);
  return { seconds: taken, shimCpu };
}
