import { Failure } from "../../base/errors.ts";
import type {
  ThrottleDevice as ThrottleMessage,
  UpdateResource,
  WeightDevice as WeightMessage,
} from "../../gen/types/api_pb.ts";
import type { ResourceUpdate, ThrottleDevice, WeightDevice } from "../../runtime/update.ts";

/** What OCI's blkio weights can be (uint16). */
const largestWeight = 65_535;

/** Zero, "" and an empty list mean unchanged, and are left out. */
export function fromResources(message: UpdateResource): ResourceUpdate {
  const update: ResourceUpdate = {
    blkioWeight: weight("blkioWeight", message.blkioWeight),
    blkioLeafWeight: weight("blkioLeafWeight", message.blkioLeafWeight),
    cpuShares: message.cpuShares,
    cpuPeriod: message.cpuPeriod,
    cpuQuota: signed(message.cpuQuota),
    cpusetCpus: message.cpusetCpus,
    cpusetMems: message.cpusetMems,
    memoryLimit: signed(message.memoryLimit),
    memorySwap: signed(message.memorySwap),
    memoryReservation: signed(message.memoryReservation),
    kernelMemoryLimit: signed(message.kernelMemoryLimit),
    kernelTcpMemoryLimit: signed(message.kernelTCPMemoryLimit),
    pidsLimit: signed(message.pidsLimit),
    blkioWeightDevice: message.blkioWeightDevice.map(fromWeight),
    blkioThrottleReadBpsDevice: message.blkioThrottleReadBpsDevice.map(fromThrottle),
    blkioThrottleWriteBpsDevice: message.blkioThrottleWriteBpsDevice.map(fromThrottle),
    blkioThrottleReadIopsDevice: message.blkioThrottleReadIopsDevice.map(fromThrottle),
    blkioThrottleWriteIopsDevice: message.blkioThrottleWriteIopsDevice.map(fromThrottle),
  };
  return Object.fromEntries(Object.entries(update).filter(([, value]) => isNamed(value)));
}

function isNamed(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== 0 && value !== 0n && value !== "";
}

/** The fields are unsigned, and -1 (no limit) travels as 2^64 - 1: what Go makes of uint64(-1). */
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

function weight(name: string, value: bigint): number {
  if (value <= largestWeight) return Number(value);
  throw new Failure("INVALID_ARGUMENT", `invalid ${name} ${value}: a weight is ${largestWeight} at most`);
}

function fromWeight({ blkIODevice, weight: value, leafWeight }: WeightMessage): WeightDevice {
  return {
    ...device(blkIODevice),
    weight: weight("weight of a device", BigInt(value)),
    leafWeight: weight("leaf weight of a device", BigInt(leafWeight)),
  };
}

const fromThrottle = ({ blkIODevice, rate }: ThrottleMessage): ThrottleDevice => ({
  ...device(blkIODevice),
  rate,
});

function device(message: { major: bigint; minor: bigint } | undefined): { major: number; minor: number } {
  const { major, minor } = message ?? { major: 0n, minor: 0n };
  return { major: Number(major), minor: Number(minor) };
}
