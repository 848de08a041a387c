import { Failure } from "../../base/errors.ts";
import type { Cgroups } from "../cgroup/cgroups.ts";
import { readNumber, readText, toNumber } from "../cgroup/read.ts";
import type { ResourceUpdate } from "../update.ts";

/**
 * In v2 one file has quota and period, so runtimes would write a default for the one that isn't named; and swap has a limit of its own,
 * which they work out from memory and the sum of both. What isn't named is repeated there as it is, for it to stay so.
 *
 * @throws INVALID_ARGUMENT for a sum that would be below the memory's limit
 */
export function repeated(update: ResourceUpdate, cgroups: Cgroups | undefined): ResourceUpdate {
  if (cgroups?.isV2 !== true) return update;
  const directory = cgroups.directory("unified") ?? "";
  return { ...update, ...bandwidth(update, directory), ...memory(update, directory) };
}

function bandwidth({ cpuPeriod, cpuQuota }: ResourceUpdate, directory: string): ResourceUpdate {
  if ((cpuPeriod === undefined) === (cpuQuota === undefined)) return {};
  // "max 100000"
  const [quota, text] = readText(`${directory}/cpu.max`)?.trim().split(" ") ?? [];
  const period = toNumber(text);
  if (period === undefined) return {};
  return { cpuPeriod: cpuPeriod ?? period, cpuQuota: cpuQuota ?? toNumber(quota) ?? -1n };
}

function memory(update: ResourceUpdate, directory: string): ResourceUpdate {
  const { memoryLimit, memorySwap } = update;
  if ((memoryLimit === undefined) === (memorySwap === undefined)) return {};
  const now = readNumber(`${directory}/memory.max`) ?? -1n;
  const swap = readNumber(`${directory}/memory.swap.max`) ?? -1n;
  const sum = now < 0n || swap < 0n ? -1n : now + swap;
  // a sum without a limit says nothing of swap, whose own limit then stays
  if (memorySwap === undefined && sum < 0n) return {};
  const after = { memoryLimit: memoryLimit ?? now, memorySwap: memorySwap ?? sum };
  checkSum(after, update);
  return after;
}

/**
 * The kernel says "invalid argument" and no more, v2's runtimes not even that.
 *
 * @param named what the client gave: the message is about that
 */
export function checkSum(
  { memoryLimit, memorySwap }: { memoryLimit: bigint; memorySwap: bigint },
  named: ResourceUpdate,
): void {
  if (memorySwap < 0n || (memoryLimit >= 0n && memoryLimit <= memorySwap)) return;
  throw new Failure(
    "INVALID_ARGUMENT",
    named.memoryLimit === undefined
      ? `cannot update memorySwap to ${memorySwap}: it is the limit of memory and swap together, and that of memory is ${
          memoryLimit < 0n ? "none" : memoryLimit
        }; give a memoryLimit with it`
      : `cannot update memoryLimit to ${memoryLimit}: the limit of memory and swap together is ${memorySwap}${
          named.memorySwap === undefined ? "; give a memorySwap with it" : ""
        }`,
  );
}
