import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isFrozen } from "../../src/runtime/cgroup/freezer.ts";
import { applyUpdate, type ResourceUpdate } from "../../src/runtime/update.ts";
import { Bench, type Running, runtimes } from "./harness.ts";

const files = {
  memoryLimit: ["memory", "memory.limit_in_bytes"],
  memorySwap: ["memory", "memory.memsw.limit_in_bytes"],
  memoryReservation: ["memory", "memory.soft_limit_in_bytes"],
  kernelTcpMemoryLimit: ["memory", "memory.kmem.tcp.limit_in_bytes"],
  cpuShares: ["cpu", "cpu.shares"],
  cpuPeriod: ["cpu", "cpu.cfs_period_us"],
  cpuQuota: ["cpu", "cpu.cfs_quota_us"],
  cpusetCpus: ["cpuset", "cpuset.cpus"],
  cpusetMems: ["cpuset", "cpuset.mems"],
  pidsLimit: ["pids", "pids.max"],
  blkioThrottleReadBpsDevice: ["blkio", "blkio.throttle.read_bps_device"],
  blkioThrottleWriteBpsDevice: ["blkio", "blkio.throttle.write_bps_device"],
  blkioThrottleReadIopsDevice: ["blkio", "blkio.throttle.read_iops_device"],
  blkioThrottleWriteIopsDevice: ["blkio", "blkio.throttle.write_iops_device"],
} as const;

type Kernel = Partial<Record<keyof typeof files, string>>;

/** What the kernel has, for all that can be limited. */
function kernel(container: Running): Kernel {
  const entries = Object.entries(files).map(([field, [controller, name]]) => {
    const path = join(container.cgroups().directory(controller) ?? "", name);
    return [field, existsSync(path) ? readFileSync(path, "utf8").trim() : undefined];
  });
  return Object.fromEntries(entries);
}

/** A disk of this machine: the kernel takes limits for no others. */
function disk(): { major: number; minor: number } {
  for (const line of readFileSync("/proc/partitions", "utf8").split("\n").slice(2)) {
    const [major, minor, , name] = line.trim().split(/ +/);
    if (name !== undefined && /^(vd|sd|xvd)[a-z]$|^nvme\d+n\d+$/.test(name))
      return { major: Number(major), minor: Number(minor) };
  }
  throw new Error("this machine has no disk");
}

const v1 = existsSync("/sys/fs/cgroup/memory") ? {} : { skip: "the expected values are those of cgroup v1" };
const device = disk();
const name = `${device.major}:${device.minor}`;
const noLimit = "9223372036854771712";
const mib = (count: number): bigint => BigInt(count) << 20n;

/** Each changes what it names, in the order given, and nothing else. */
const changes: readonly [ResourceUpdate, Kernel][] = [
  [{ memoryLimit: mib(80) }, { memoryLimit: String(mib(80)) }],
  [{ memorySwap: mib(100) }, { memorySwap: String(mib(100)) }],
  [
    { memoryLimit: mib(200), memorySwap: mib(300) },
    { memoryLimit: String(mib(200)), memorySwap: String(mib(300)) },
  ],
  [
    { memoryLimit: mib(50) + 1n, memorySwap: mib(60) },
    { memoryLimit: String(mib(50)), memorySwap: String(mib(60)) },
  ],
  [{ memoryReservation: mib(40) }, { memoryReservation: String(mib(40)) }],
  [{ kernelTcpMemoryLimit: mib(8) }, { kernelTcpMemoryLimit: String(mib(8)) }],
  [{ memoryLimit: -1n }, { memoryLimit: noLimit, memorySwap: noLimit }],
  [{ cpuShares: 512n }, { cpuShares: "512" }],
  [{ cpuQuota: 30_000n }, { cpuQuota: "30000" }],
  [{ cpuPeriod: 50_000n }, { cpuPeriod: "50000" }],
  [{ cpuQuota: -1n }, { cpuQuota: "-1" }],
  [
    { cpuQuota: 20_000n, cpuPeriod: 100_000n },
    { cpuQuota: "20000", cpuPeriod: "100000" },
  ],
  [{ cpusetCpus: "0" }, { cpusetCpus: "0" }],
  [{ cpusetMems: "0" }, { cpusetMems: "0" }],
  [{ pidsLimit: 33n }, { pidsLimit: "33" }],
  [{ pidsLimit: -1n }, { pidsLimit: "max" }],
  [
    { blkioThrottleReadBpsDevice: [{ ...device, rate: 1_000_000n }] },
    { blkioThrottleReadBpsDevice: `${name} 1000000` },
  ],
  [
    { blkioThrottleWriteBpsDevice: [{ ...device, rate: 2_000_000n }] },
    { blkioThrottleWriteBpsDevice: `${name} 2000000` },
  ],
  [
    { blkioThrottleReadIopsDevice: [{ ...device, rate: 300n }] },
    { blkioThrottleReadIopsDevice: `${name} 300` },
  ],
  [
    { blkioThrottleWriteIopsDevice: [{ ...device, rate: 400n }] },
    { blkioThrottleWriteIopsDevice: `${name} 400` },
  ],
  [{}, {}],
];

for (const runtime of runtimes) {
  const start = async (bench: Bench) => {
    const container = await bench.run({
      args: ["sleep", "1000"],
      linux: {
        resources: {
          memory: { limit: 67_108_864 },
          cpu: { quota: 20_000, period: 100_000 },
          pids: { limit: 50 },
        },
      },
    });
    const update = (resources: ResourceUpdate) =>
      applyUpdate({
        resources,
        cgroups: container.cgroups(),
        run: async (json) => {
          const file = join(container.bundle, "resources.json");
          writeFileSync(file, json);
          await bench.cli.update(container.id, file);
        },
      });
    return { container, update };
  };

  test(`${runtime}: an update changes what it names, and nothing else`, v1, async () => {
    await using bench = await Bench.start(runtime);
    const { container, update } = await start(bench);
    for (const [resources, expected] of changes) {
      const before = kernel(container);
      await update(resources);
      const shown = JSON.stringify(resources, (_, value) =>
        typeof value === "bigint" ? Number(value) : value,
      );
      assert.deepEqual(kernel(container), { ...before, ...expected }, shown);
    }
  });

  test(
    `${runtime}: what the kernel cannot limit is refused by name, and nothing is changed`,
    v1,
    async () => {
      await using bench = await Bench.start(runtime);
      const { container, update } = await start(bench);
      const before = kernel(container);
      if (!existsSync("/sys/fs/cgroup/blkio/blkio.leaf_weight"))
        await assert.rejects(update({ blkioLeafWeight: 500, cpuShares: 100n }), {
          code: "UNIMPLEMENTED",
          message: "cannot update blkioLeafWeight: this machine's kernel has no such limit",
        });
      await assert.rejects(update({ cpusetCpus: "all of them" }), { code: "INVALID_ARGUMENT" });
      assert.deepEqual(kernel(container), before);
    },
  );

  test(
    `${runtime}: a memory limit above the limit of memory and swap is refused with that limit's value`,
    v1,
    async () => {
      await using bench = await Bench.start(runtime);
      const { update } = await start(bench);
      await update({ memoryLimit: mib(50), memorySwap: mib(60) });
      await assert.rejects(update({ memoryLimit: mib(70) }), {
        code: "INVALID_ARGUMENT",
        message:
          "cannot update memoryLimit to 73400320: the limit of memory and swap together is 62914560; give a memorySwap with it",
      });
    },
  );

  test(`${runtime}: a failure of the runtime is told in its own words`, v1, async () => {
    await using bench = await Bench.start(runtime);
    const { update } = await start(bench);
    await assert.rejects(update({ cpusetCpus: "4095" }), { message: /^oci runtime error: .*cpuset\.cpus/ });
  });

  test(`${runtime}: a paused container's limits change, and it stays paused`, v1, async () => {
    await using bench = await Bench.start(runtime);
    const { container, update } = await start(bench);
    await bench.cli.pause(container.id);
    await update({ cpuShares: 300n });
    assert.equal(kernel(container).cpuShares, "300");
    assert.equal(isFrozen(container.cgroups()), true);
    await bench.cli.resume(container.id);
  });
}
