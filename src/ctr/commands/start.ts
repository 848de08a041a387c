import { attach, attachedStdio } from "../attach.ts";
import { clientOf } from "../client.ts";
import { Exit } from "../failure.ts";
import type { Invocation } from "../lazy.ts";

interface Options {
  readonly checkpoint?: string;
  readonly checkpointDir?: string;
  readonly attach?: true;
  readonly label?: string[];
  /** Commander's reading of --no-pivot. */
  readonly pivot: boolean;
  readonly runtime?: string;
  readonly runtimeArgs?: string[];
}

/** `ctr containers start ID BUNDLE` */
export async function start({
  globals,
  options,
  words: [id = "", bundle = ""],
}: Invocation<Options>): Promise<void> {
  const container = await clientOf(globals).containers.start({
    id,
    bundle,
    labels: options.label,
    runtime: options.runtime,
    runtimeArgs: options.runtimeArgs,
    noPivotRoot: !options.pivot,
    checkpoint: options.checkpoint,
    checkpointDirectory: options.checkpointDir,
    ...(options.attach ? attachedStdio : {}),
  });
  if (options.attach) throw new Exit(await attach(container.init));
}
