import { execFileSync } from "node:child_process";
import { BareLoop } from "./bare-loop.ts";
import { Containerd } from "./containerd.ts";
import { Ours } from "./ours.ts";
import { Podman } from "./podman.ts";
import type { Subject } from "./subject.ts";

export interface Choice {
  readonly name: string;
  readonly open: () => Promise<Subject>;
  /** Of the containers that a row asks for, the part that this one runs: a peer that takes ten times as long gets fewer. */
  readonly share: number;
}

/** Everything that can be measured on this machine, in the order of the report. */
export function choices(): Choice[] {
  return [
    { name: "bare loop, runc", open: () => BareLoop.open("runc"), share: 1 },
    { name: "containerd-ts, runc", open: () => Ours.open({ runtime: "runc" }), share: 1 },
    { name: "bare loop, crun", open: () => BareLoop.open("crun"), share: 1 },
    { name: "containerd-ts, crun", open: () => Ours.open({ runtime: "crun" }), share: 1 },
    {
      name: "containerd-ts, crun, a shim each",
      open: () => Ours.open({ runtime: "crun", shimPerContainer: true }),
      share: 0.2,
    },
    ...(version("containerd") === undefined
      ? []
      : [{ name: "containerd 1.6, runc", open: () => Containerd.open(), share: 0.2 }]),
    ...(version("podman") === undefined
      ? []
      : [{ name: "podman, crun", open: () => Podman.open("crun"), share: 0.2 }]),
  ];
}

/** The first line of `PROGRAM --version`; undefined where it is not installed. */
export function version(program: string): string | undefined {
  try {
    return execFileSync(program, ["--version"], { encoding: "utf8" }).split("\n")[0];
  } catch {
    return undefined;
  }
}
