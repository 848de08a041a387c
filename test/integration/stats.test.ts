import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";

prepareHost();

interface RuntimeStats {
  readonly data: {
    readonly cpu: { readonly usage: { readonly total: number } };
    readonly memory: { readonly usage: { readonly limit: number; readonly usage: number } };
    readonly pids: { readonly current: number; readonly limit: number };
  };
}

describe("a reading of a container", () => {
  it("says what runc says of it", async () => {
    await using daemon = await TestDaemon.start();
    const resources = { memory: { limit: 64 << 20 }, pids: { limit: 7 } };
    const { id } = await daemon.run("read", {
      args: ["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 1000"],
      linux: { resources },
    });
    const first = await daemon.client.call("stats", { id });
    const text = execFileSync("runc", ["--root", daemon.runtimeRoot, "events", "--stats", id], {
      encoding: "utf8",
    });
    const { data }: RuntimeStats = JSON.parse(text);
    const second = await daemon.client.call("stats", { id });

    const total = (stats: typeof first) => stats.cgroupStats?.cpuStats?.cpuUsage?.totalUsage ?? 0n;
    assert.ok(total(first) > 0n);
    assert.ok(total(first) <= BigInt(data.cpu.usage.total) && BigInt(data.cpu.usage.total) <= total(second));
    const memory = second.cgroupStats?.memoryStats;
    assert.equal(memory?.usage?.limit, BigInt(data.memory.usage.limit));
    assert.ok((memory?.usage?.usage ?? 0n) > 0n);
    assert.ok(Object.keys(memory?.stats ?? {}).length > 5);
    assert.deepEqual(
      { current: second.cgroupStats?.pidsStats?.current, limit: second.cgroupStats?.pidsStats?.limit },
      { current: BigInt(data.pids.current), limit: BigInt(data.pids.limit) },
    );
    assert.ok(
      second.networkStats.some(({ name }) => name === "lo"),
      "its own network namespace has a loopback",
    );
    const system = (stats: typeof first) => stats.cgroupStats?.cpuStats?.systemUsage ?? 0n;
    assert.ok(system(second) >= system(first) && system(first) > 0n);
    assert.ok(first.cgroupStats?.blkioStats !== undefined && first.timestamp !== undefined);
  });

  it("of one that nobody knows is refused", async () => {
    await using daemon = await TestDaemon.start();
    await assert.rejects(daemon.client.call("stats", { id: "nobody" }), {
      ...{ code: 5, details: "containerd: container not found" },
    });
  });
});
