import { Failure } from "../base/errors.ts";
import type { Cgroups } from "./cgroup/cgroups.ts";
import { keepDirectLimits } from "./update/kept.ts";
import { type Limit, limitsV1 } from "./update/limits-v1.ts";
import { limitsV2 } from "./update/limits-v2.ts";
import { repeated } from "./update/repeated.ts";
import { linuxResources } from "./update/resources.ts";

/** New limits: what is absent stays as it is; -1 is no limit. Bytes are bigints. */
export interface ResourceUpdate {
  readonly blkioWeight?: number;
  readonly blkioLeafWeight?: number;
  readonly cpuShares?: bigint;
  /** Microseconds. */
  readonly cpuPeriod?: bigint;
  readonly cpuQuota?: bigint;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly memoryLimit?: bigint;
  /** Memory and swap together. */
  readonly memorySwap?: bigint;
  readonly memoryReservation?: bigint;
  readonly kernelMemoryLimit?: bigint;
  readonly kernelTcpMemoryLimit?: bigint;
  readonly pidsLimit?: bigint;
  readonly blkioWeightDevice?: readonly WeightDevice[];
  readonly blkioThrottleReadBpsDevice?: readonly ThrottleDevice[];
  readonly blkioThrottleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly blkioThrottleReadIopsDevice?: readonly ThrottleDevice[];
  readonly blkioThrottleWriteIopsDevice?: readonly ThrottleDevice[];
}

export interface WeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight: number;
  readonly leafWeight: number;
}

export interface ThrottleDevice {
  readonly major: number;
  readonly minor: number;
  /** Bytes, or operations, each second. */
  readonly rate: bigint;
}

export interface Update {
  readonly resources: ResourceUpdate;
  /** Undefined where the container has none that can be found: then only the runtime knows. */
  readonly cgroups: Cgroups | undefined;
  /** The runtime's update. @param json OCI's LinuxResources */
  readonly run: (json: string) => Promise<void>;
}

/**
 * Changes limits: the runtime first, since it keeps them for its own later changes. runc 1.1 passes over devices and weights without a
 * word, and crun 1.8 cannot say "no limit"; so the kernel is asked what came of it, and what it can have and has not is written to it.
 *
 * @throws before anything is changed: UNIMPLEMENTED for what this machine's kernel cannot limit, INVALID_ARGUMENT for what cannot be;
 * the runtime's failure; FAILED_PRECONDITION for what the kernel refuses
 */
export async function applyUpdate({ resources, cgroups, run }: Update): Promise<void> {
  const named = withSwap(resources);
  if (Object.keys(named).length === 0) return;
  const limits =
    cgroups === undefined ? [] : cgroups.isV2 ? limitsV2(named, cgroups) : limitsV1(named, cgroups);
  const missing = limits.filter((limit) => !limit.exists());
  if (missing.length > 0) {
    const names = [...new Set(missing.map(({ field }) => field))].join(", ");
    throw new Failure("UNIMPLEMENTED", `cannot update ${names}: this machine's kernel has no such limit`);
  }
  for (const limit of limits) limit.check?.();
  const forRuntime = repeated(named, cgroups);
  let failure: unknown;
  try {
    using _kept = cgroups === undefined ? undefined : keepDirectLimits(cgroups, named);
    await run(linuxResources(forRuntime));
  } catch (error) {
    // all that crun says of "no limit" is that the kernel did not take its number
    const tolerable = cgroups?.isV2 === false && hasUnlimited(named) && isRuntimes(error);
    if (!tolerable) throw error;
    failure = error;
  }
  finish(limits, failure);
}

const hasUnlimited = (update: ResourceUpdate): boolean =>
  Object.values(update).some((value) => typeof value === "bigint" && value < 0n);

const isRuntimes = (error: unknown): boolean =>
  error instanceof Failure && error.message.startsWith("oci runtime error");

/** memory.memsw must never be below the memory limit, so one may only go after the other: the second round is for the other order. */
function finish(limits: readonly Limit[], failure: unknown): void {
  const refused = new Map<Limit, unknown>();
  for (const last of [false, true]) {
    for (const limit of limits) {
      refused.delete(limit);
      if (limit.isSet()) continue;
      try {
        limit.set();
      } catch (error) {
        refused.set(limit, error);
        continue;
      }
      if (last && !limit.isSet()) refused.set(limit, undefined);
    }
  }
  if (refused.size === 0) return;
  // the runtime's own reason is the better one
  if (failure !== undefined) throw failure;
  const [cause] = refused.values();
  const names = [...new Set([...refused.keys()].map(({ field }) => field))].join(", ");
  const reason = cause instanceof Error ? cause.message : "the kernel does not take it";
  throw new Failure("FAILED_PRECONDITION", `cannot update ${names}: ${reason}`, {
    cause,
  });
}

/** Memory without a limit needs swap without one, as runc has it. */
function withSwap(resources: ResourceUpdate): ResourceUpdate {
  return resources.memoryLimit === -1n && resources.memorySwap === undefined
    ? { ...resources, memorySwap: -1n }
    : resources;
}
