import { Failure } from "../../base/errors.ts";
import type { ResourceUpdate, ThrottleDevice } from "../update.ts";

/** OCI's LinuxResources as JSON, with only what is named: a runtime's update leaves the rest as it is. */
export function linuxResources(update: ResourceUpdate): string {
  const resources = {
    memory: {
      limit: update.memoryLimit,
      swap: update.memorySwap,
      reservation: update.memoryReservation,
      kernel: update.kernelMemoryLimit,
      kernelTCP: update.kernelTcpMemoryLimit,
    },
    cpu: {
      shares: update.cpuShares,
      quota: update.cpuQuota,
      period: update.cpuPeriod,
      cpus: cpuset("cpusetCpus", update.cpusetCpus),
      mems: cpuset("cpusetMems", update.cpusetMems),
    },
    pids: { limit: update.pidsLimit },
    blockIO: {
      weight: update.blkioWeight,
      leafWeight: update.blkioLeafWeight,
      weightDevice: update.blkioWeightDevice,
      throttleReadBpsDevice: devices(update.blkioThrottleReadBpsDevice),
      throttleWriteBpsDevice: devices(update.blkioThrottleWriteBpsDevice),
      throttleReadIOPSDevice: devices(update.blkioThrottleReadIopsDevice),
      throttleWriteIOPSDevice: devices(update.blkioThrottleWriteIopsDevice),
    },
  };
  const parts = Object.entries(resources).filter(([, part]) =>
    Object.values(part).some((value) => value !== undefined),
  );
  return exactJson(Object.fromEntries(parts));
}

const devices = (list: readonly ThrottleDevice[] | undefined): object[] | undefined =>
  list?.map(({ major, minor, rate }) => ({ major, minor, rate }));

/** The kernel's list format (cpuset(7)): "0-3,7". */
function cpuset(field: string, value: string | undefined): string | undefined {
  if (value === undefined || /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(value)) return value;
  throw new Failure(
    "INVALID_ARGUMENT",
    `invalid ${field} ${JSON.stringify(value)}: it is a list such as 0-3,7`,
  );
}

/** A bigint as the number it is, where a double would be rounded. No other string here can look like one: a cpuset was checked. */
function exactJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? `@${item}` : item));
  return text.replace(/"@(-?\d+)"/g, "$1");
}
