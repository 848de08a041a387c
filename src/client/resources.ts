import type { UpdateResource } from "../gen/types/api_pb.ts";
import { InvalidArgument } from "./errors.ts";
import type { Plain } from "./rpc.ts";

type Amount = number | bigint;

/** A block device and what is set for it. */
export interface DeviceRate {
  readonly major: Amount;
  readonly minor: Amount;
  /** Bytes or operations a second. */
  readonly rate: Amount;
}

export interface DeviceWeight {
  readonly major: Amount;
  readonly minor: Amount;
  readonly weight?: number;
  readonly leafWeight?: number;
}

/** Limits to change. What is absent, 0 or "" stays as it is. Memory in bytes, CPU times in microseconds. */
export interface Resources {
  readonly memoryLimit?: Amount;
  readonly memoryReservation?: Amount;
  /** Memory and swap together. */
  readonly memorySwap?: Amount;
  readonly kernelMemoryLimit?: Amount;
  readonly kernelTcpMemoryLimit?: Amount;
  readonly cpuShares?: Amount;
  readonly cpuPeriod?: Amount;
  readonly cpuQuota?: Amount;
  /** A list such as "0-2,7". */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly pidsLimit?: Amount;
  readonly blkioWeight?: Amount;
  readonly blkioLeafWeight?: Amount;
  readonly blkioWeightDevice?: readonly DeviceWeight[];
  readonly blkioThrottleReadBpsDevice?: readonly DeviceRate[];
  readonly blkioThrottleWriteBpsDevice?: readonly DeviceRate[];
  readonly blkioThrottleReadIopsDevice?: readonly DeviceRate[];
  readonly blkioThrottleWriteIopsDevice?: readonly DeviceRate[];
}

/** @throws InvalidArgument where a number is none that the wire can carry */
export function resourcesMessage(resources: Resources): Plain<UpdateResource> {
  const { kernelTcpMemoryLimit, cpusetCpus = "", cpusetMems = "", ...rest } = resources;
  const whole = (name: keyof typeof rest & `${string}`): bigint =>
    unsigned(name, rest[name] as Amount | undefined);
  return {
    cpusetCpus,
    cpusetMems,
    memoryLimit: whole("memoryLimit"),
    memoryReservation: whole("memoryReservation"),
    memorySwap: whole("memorySwap"),
    kernelMemoryLimit: whole("kernelMemoryLimit"),
    kernelTCPMemoryLimit: unsigned("kernelTcpMemoryLimit", kernelTcpMemoryLimit),
    cpuShares: whole("cpuShares"),
    cpuPeriod: whole("cpuPeriod"),
    cpuQuota: whole("cpuQuota"),
    pidsLimit: whole("pidsLimit"),
    blkioWeight: whole("blkioWeight"),
    blkioLeafWeight: whole("blkioLeafWeight"),
    blkioWeightDevice: (rest.blkioWeightDevice ?? []).map(({ major, minor, weight = 0, leafWeight = 0 }) => ({
      blkIODevice: { major: BigInt(major), minor: BigInt(minor) },
      weight,
      leafWeight,
    })),
    blkioThrottleReadBpsDevice: rates(rest.blkioThrottleReadBpsDevice),
    blkioThrottleWriteBpsDevice: rates(rest.blkioThrottleWriteBpsDevice),
    blkioThrottleReadIopsDevice: rates(rest.blkioThrottleReadIopsDevice),
    blkioThrottleWriteIopsDevice: rates(rest.blkioThrottleWriteIopsDevice),
  };
}

function rates(devices: readonly DeviceRate[] = []) {
  return devices.map(({ major, minor, rate }) => ({
    blkIODevice: { major: BigInt(major), minor: BigInt(minor) },
    rate: unsigned("rate", rate),
  }));
}

function unsigned(name: string, amount: Amount = 0): bigint {
  const valid =
    typeof amount === "bigint"
      ? amount >= 0n && amount < 2n ** 64n
      : Number.isSafeInteger(amount) && amount >= 0;
  if (!valid) throw new InvalidArgument(`bad ${name} ${amount}: expected a whole number, 0 or more`);
  return BigInt(amount);
}
