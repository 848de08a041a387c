import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { UpdateResourceSchema } from "../../src/gen/types/api_pb.ts";
import { findCgroups } from "../../src/runtime/cgroup/cgroups.ts";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";

prepareHost();

const mib = 1024n * 1024n;
type Resources = MessageInitShape<typeof UpdateResourceSchema>;

/** A container, its limits in the kernel's own words, and the call that changes them. */
async function limited(daemon: TestDaemon, linux: Record<string, unknown> = {}) {
  const { id, pid } = await daemon.run("box", { args: ["sleep", "1000"], linux });
  const cgroups = findCgroups(pid);
  if (cgroups === undefined) throw new Error("the container has no cgroup");
  const read = (controller: string, file: string): string =>
    readFileSync(join(cgroups.directory(controller) ?? "", file), "utf8").trim();
  return {
    isV2: cgroups.isV2,
    update: (resources: Resources) =>
      daemon.client.call("updateContainer", { id, pid: "init", status: "", resources }),
    read,
    has: (controller: string, file: string) =>
      existsSync(join(cgroups.directory(controller) ?? "/dev/null", file)),
    limits: () =>
      cgroups.isV2
        ? [
            "memory.max",
            "memory.swap.max",
            "memory.low",
            "cpu.weight",
            "cpu.max",
            "cpuset.cpus",
            "pids.max",
          ].map((file) => read("unified", file))
        : [
            ...["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes"].map(
              (file) => read("memory", file),
            ),
            ...["cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us"].map((file) => read("cpu", file)),
            ...[read("cpuset", "cpuset.cpus"), read("pids", "pids.max")],
          ],
  };
}

/** The disk of the tests' file system: "254:0" of it, or of what it is a partition of. */
function disk(): { major: bigint; minor: bigint } | undefined {
  for (const line of readFileSync("/proc/partitions", "utf8").split("\n").slice(2)) {
    const [major, minor, , name = ""] = line.trim().split(/\s+/);
    if (major === undefined || minor === undefined || !existsSync(`/sys/block/${name}`)) continue;
    if (statSync(`/dev/${name}`, { throwIfNoEntry: false })?.isBlockDevice() === true)
      return { major: BigInt(major), minor: BigInt(minor) };
  }
  return undefined;
}

for (const runtime of ["runc", "crun"]) {
  describe(`new limits with ${runtime}`, () => {
    it("change what is named, one after the other, and nothing else", async (t) => {
      await using daemon = await TestDaemon.start({ runtime });
      const box = await limited(daemon);
      if (box.isV2) return t.skip("the expected values are those of v1's files");
      await box.update({
        ...{ cpuShares: 512n, cpuPeriod: 200_000n, cpuQuota: 50_000n, cpusetCpus: "0", cpusetMems: "0" },
        ...{ memoryLimit: 64n * mib, memorySwap: 128n * mib, memoryReservation: 32n * mib, pidsLimit: 50n },
      });
      const limits = [64n * mib, 128n * mib, 32n * mib, 512, 50_000, 200_000, 0, 50].map(String);
      assert.deepEqual(box.limits(), limits);

      const steps: [Resources, number, string][] = [
        [{ memoryLimit: 100n * mib }, 0, String(100n * mib)],
        [{ memorySwap: 200n * mib }, 1, String(200n * mib)],
        [{ memoryReservation: 16n * mib }, 2, String(16n * mib)],
        [{ cpuShares: 256n }, 3, "256"],
        [{ cpuQuota: 20_000n }, 4, "20000"],
        [{ cpuPeriod: 100_000n }, 5, "100000"],
        [{ cpuQuota: 2n ** 64n - 1n }, 4, "-1"],
        [{ cpusetCpus: "0-1" }, 6, "0-1"],
        [{ pidsLimit: 60n }, 7, "60"],
        [{}, 7, "60"],
      ];
      for (const [resources, index, value] of steps) {
        await box.update(resources);
        limits[index] = value;
        assert.deepEqual(box.limits(), limits, Object.keys(resources).join());
      }
    });

    it("may be taken away with -1, as Go's clients send it", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      const box = await limited(daemon);
      const before = box.limits();
      await box.update({ memoryLimit: 64n * mib, memorySwap: 64n * mib, pidsLimit: 5n });
      const none = 2n ** 64n - 1n;
      await box.update({ memoryLimit: none, memorySwap: none, pidsLimit: none });
      assert.deepEqual(box.limits().slice(0, -1), before.slice(0, -1));
      assert.match(box.limits().at(-1) ?? "", /^(max|4194304)$/);
    });

    it("that contradict each other are refused with both numbers, and none is set", async () => {
      await using daemon = await TestDaemon.start({ runtime });
      const box = await limited(daemon);
      await box.update({ memoryLimit: 64n * mib, memorySwap: 128n * mib });
      const before = box.limits();
      await assert.rejects(box.update({ memoryLimit: 256n * mib, cpuShares: 2n }), {
        code: 3,
        details: /memoryLimit to 268435456: the limit of memory and swap together is 134217728/,
      });
      await assert.rejects(box.update({ memorySwap: 32n * mib }), { code: 3 });
      assert.deepEqual(box.limits(), before);
      await box.update({ memoryLimit: 256n * mib, memorySwap: 512n * mib });
    });

    it("of kernel memory, which no kernel has any more, are refused by name", async (t) => {
      await using daemon = await TestDaemon.start({ runtime });
      const box = await limited(daemon);
      const refusal = (field: string) => ({ details: new RegExp(`cannot update ${field}: .*kernel`) });
      await assert.rejects(box.update({ kernelMemoryLimit: 64n * mib }), refusal("kernelMemoryLimit"));
      await assert.rejects(box.update({ blkioLeafWeight: 100n }), refusal("blkioLeafWeight"));
      if (box.isV2) return t.skip("v2 has no limit of TCP's memory");
      await box.update({ kernelTCPMemoryLimit: 64n * mib });
      assert.equal(box.read("memory", "memory.kmem.tcp.limit_in_bytes"), String(64n * mib));
    });

    it("of single devices are set, and outlast other updates", async (t) => {
      const device = disk();
      if (device === undefined) return t.skip("this machine has no disk");
      await using daemon = await TestDaemon.start({ runtime });
      const throttle = { major: Number(device.major), minor: Number(device.minor), rate: 5_000_000 };
      const box = await limited(daemon, { resources: { blockIO: { throttleReadBpsDevice: [throttle] } } });
      if (box.isV2) return t.skip("the expected values are those of v1's files");
      const of = (rate: bigint) => [{ blkIODevice: device, rate }];
      await box.update({
        ...{ blkioThrottleReadBpsDevice: of(1_000_000n), blkioThrottleWriteBpsDevice: of(2_000_000n) },
        ...{ blkioThrottleReadIopsDevice: of(300n), blkioThrottleWriteIopsDevice: of(400n) },
      });
      await box.update({ cpuShares: 77n });
      const set = ["read_bps", "write_bps", "read_iops", "write_iops"].map((name) =>
        box.read("blkio", `blkio.throttle.${name}_device`),
      );
      const name = `${device.major}:${device.minor}`;
      assert.deepEqual(set, [`${name} 1000000`, `${name} 2000000`, `${name} 300`, `${name} 400`]);
      await assert.rejects(
        box.update({ blkioThrottleReadBpsDevice: [{ blkIODevice: { major: 200n, minor: 200n }, rate: 1n }] }),
        { details: /read_bps_device.*no such device/i },
      );
    });
  });
}
