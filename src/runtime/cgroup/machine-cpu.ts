import { readText, toNumber } from "./read.ts";

/** Clock ticks of /proc: USER_HZ, 100 on every Linux that Node runs on, whatever the kernel's own HZ (times(2)). */
export const nsPerTick = 1_000_000_000n / 100n;

/** How many of the first line's numbers count: user, nice, system, idle, iowait, irq, softirq. As 0.2.x, and Docker's percentages, have it. */
const counted = 7;

/** All CPU time of the machine since it booted, idle time included, in ns (proc_stat(5)). */
export function machineCpuTime(text: string | undefined = readText("/proc/stat")): bigint {
  const [, ...values] = text?.split("\n", 1)[0]?.trim().split(/ +/) ?? [];
  return values.slice(0, counted).reduce((sum, value) => sum + (toNumber(value) ?? 0n), 0n) * nsPerTick;
}
