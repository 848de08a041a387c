import { existsSync } from "node:fs";
import { readText } from "../cgroup/read.ts";
import type { ResourceUpdate } from "../update.ts";
import { fileLimit, type Limit } from "./limits-v1.ts";

/** Which of an update's lists is which of the kernel's files. */
const throttleFields = [
  ["blkioThrottleReadBpsDevice", "read_bps"],
  ["blkioThrottleWriteBpsDevice", "write_bps"],
  ["blkioThrottleReadIopsDevice", "read_iops"],
  ["blkioThrottleWriteIopsDevice", "write_iops"],
] as const;

/** v1: lines "8:0 1048576", one written at a time. runc's update knows none of them. */
export function throttles(update: ResourceUpdate, file: (name: string) => string | undefined): Limit[] {
  return throttleFields.flatMap(([field, name]) =>
    (update[field] ?? []).map(({ major, minor, rate }) => {
      const text = `${major}:${minor} ${rate}`;
      return fileLimit({ field, path: file(name), text, same: (all) => all.split("\n").includes(text) });
    }),
  );
}

/** v2: lines "8:0 rbps=1048576 wbps=max riops=max wiops=max". */
export function throttlesV2(update: ResourceUpdate, path: string): Limit[] {
  const keys = { read_bps: "rbps", write_bps: "wbps", read_iops: "riops", write_iops: "wiops" };
  return throttleFields.flatMap(([field, name]) =>
    (update[field] ?? []).map(({ major, minor, rate }) => {
      const [device, value] = [`${major}:${minor}`, `${keys[name]}=${rate}`];
      const same = (all: string): boolean =>
        all.split("\n").some((line) => line.startsWith(`${device} `) && line.split(" ").includes(value));
      return fileLimit({ field, path, text: `${device} ${value}`, same });
    }),
  );
}

/** v1: BFQ's files, or CFQ's of Linux before 5.0, which alone has leaf weights. */
export function weights(update: ResourceUpdate, directory: string | undefined): Limit[] {
  const path = (name: string): string | undefined => {
    if (directory === undefined) return undefined;
    const found = [`blkio.bfq.${name}`, `blkio.${name}`].find((each) => existsSync(`${directory}/${each}`));
    return found === undefined ? undefined : `${directory}/${found}`;
  };
  return [
    ...group("blkioWeight", update.blkioWeight, path("weight")),
    ...group("blkioLeafWeight", update.blkioLeafWeight, path("leaf_weight")),
    ...(update.blkioWeightDevice ?? []).flatMap(({ major, minor, weight, leafWeight }) => [
      ...ofDevice(`${major}:${minor}`, weight, path("weight_device")),
      ...ofDevice(`${major}:${minor}`, leafWeight, path("leaf_weight_device")),
    ]),
  ];
}

/** BFQ in v2 (io.bfq.weight), or io.cost (io.weight), whose scale is another: from runc's word there is nothing to compare. */
export function weightsV2(update: ResourceUpdate, directory: string): Limit[] {
  const paths = [`${directory}/io.bfq.weight`, `${directory}/io.weight`];
  const trusted = (field: string, exists: boolean): Limit => ({
    ...{ field, exists: () => exists, isSet: () => true, set: () => {} },
  });
  const any = paths.some((path) => readText(path) !== undefined);
  return [
    ...(update.blkioWeight === undefined ? [] : [trusted("blkioWeight", any)]),
    ...(update.blkioLeafWeight === undefined ? [] : [trusted("blkioLeafWeight", false)]),
    ...(update.blkioWeightDevice ?? []).map(({ leafWeight }) =>
      trusted("blkioWeightDevice", any && leafWeight === 0),
    ),
  ];
}

function group(field: string, weight: number | undefined, path: string | undefined): Limit[] {
  if (weight === undefined) return [];
  return [fileLimit({ field, path, text: String(weight), same: (text) => text === String(weight) })];
}

/** 0: this one of the two is not to be changed. */
function ofDevice(device: string, weight: number, path: string | undefined): Limit[] {
  if (weight === 0) return [];
  const text = `${device} ${weight}`;
  return [
    fileLimit({ field: "blkioWeightDevice", path, text, same: (all) => all.split("\n").includes(text) }),
  ];
}
