import type { Clock } from "../../base/clock.ts";
import { Failure } from "../../base/errors.ts";
import type { Stats } from "../stats.ts";
import type { Cgroups } from "./cgroups.ts";

export function readStats(_cgroups: Cgroups, _initPid: number, _clock: Clock): Stats {
  throw new Failure("UNIMPLEMENTED", "stats are not read yet");
}
