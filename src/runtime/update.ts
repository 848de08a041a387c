import { Failure } from "../base/errors.ts";
import type { Cgroups } from "./cgroup/cgroups.ts";

/** New limits: what is absent stays as it is. Bytes are bigints. */
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

export function linuxResources(_update: ResourceUpdate, _cgroups: Cgroups | undefined): object | undefined {
  throw new Failure("UNIMPLEMENTED", "limits are not changed yet");
}
