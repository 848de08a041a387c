import { InvalidArgument } from "../../client/errors.ts";
import { clientOf } from "../client.ts";
import type { Invocation } from "../lazy.ts";

type Flag =
  | "memoryLimit"
  | "memoryReservation"
  | "memorySwap"
  | "kernelLimit"
  | "kernelTcpLimit"
  | "cpuShares"
  | "cpuPeriod"
  | "cpuQuota"
  | "cpusetCpus"
  | "cpusetMems"
  | "blkioWeight"
  | "pidsLimit";

/** `ctr containers update ID`: what is not named stays as it is. */
export async function update({
  globals,
  options,
  words: [id = ""],
}: Invocation<Partial<Record<Flag, string>>>): Promise<void> {
  const { kernelLimit, kernelTcpLimit, cpusetCpus = "", cpusetMems = "", ...rest } = options;
  await clientOf(globals)
    .containers.byId(id)
    .update({
      memoryLimit: whole(rest.memoryLimit),
      memoryReservation: whole(rest.memoryReservation),
      memorySwap: whole(rest.memorySwap),
      kernelMemoryLimit: whole(kernelLimit),
      kernelTcpMemoryLimit: whole(kernelTcpLimit),
      cpuShares: whole(rest.cpuShares),
      cpuPeriod: whole(rest.cpuPeriod),
      cpuQuota: whole(rest.cpuQuota),
      blkioWeight: whole(rest.blkioWeight),
      pidsLimit: whole(rest.pidsLimit),
      cpusetCpus,
      cpusetMems,
    });
}

/** A number as Go's ParseUint takes it with base 0 (0x…, 0…), or bytes with a unit: 64M, 1g. */
function whole(text: string | undefined): bigint {
  if (text === undefined || text === "") return 0n;
  const [, digits, unit = ""] = /^(0x[\da-f]+|0b[01]+|0o?[0-7]+|\d+)([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (digits === undefined)
    throw new InvalidArgument(`bad number "${text}": expected a whole number, or bytes such as 64M`);
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  return BigInt(octal) * 1024n ** BigInt(" kmgt".indexOf(unit.toLowerCase() || " "));
}
