import type { ProcessSpec } from "../oci/spec.ts";
import type { CheckpointInfo } from "../runtime/checkpoint.ts";
import type { Stats } from "../runtime/stats.ts";
import type { ResourceUpdate } from "../runtime/update.ts";

/** What a client asks the supervisor to do. Ids and names were checked at the API. */
export type Task =
  | CreateTask
  | AddProcessTask
  | SignalTask
  | UpdateProcessTask
  | PauseTask
  | ResumeTask
  | UpdateTask
  | CreateCheckpointTask
  | DeleteCheckpointTask
  | ListCheckpointsTask
  | StateTask
  | StatsTask;

export interface Stdio {
  /** Paths of FIFOs or files; empty is /dev/null. */
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CreateTask extends Stdio {
  readonly kind: "create";
  readonly id: string;
  readonly bundle: string;
  /** Restored from the directory `dir`/`name` instead of started. */
  readonly checkpoint?: { readonly name: string; readonly dir: string };
  readonly labels: readonly string[];
  readonly noPivotRoot: boolean;
  /** Empty: the daemon's own --runtime and --runtime-args. */
  readonly runtime: string;
  readonly runtimeArgs: readonly string[];
}

export interface AddProcessTask extends Stdio {
  readonly kind: "add-process";
  readonly id: string;
  readonly process: string;
  readonly spec: ProcessSpec;
}

export interface SignalTask {
  readonly kind: "signal";
  readonly id: string;
  readonly process: string;
  readonly signal: number;
}

export interface UpdateProcessTask {
  readonly kind: "update-process";
  readonly id: string;
  readonly process: string;
  readonly closeStdin: boolean;
  /** In characters; 0 for both leaves the terminal as it is. */
  readonly width: number;
  readonly height: number;
}

export interface PauseTask {
  readonly kind: "pause";
  readonly id: string;
}

export interface ResumeTask {
  readonly kind: "resume";
  readonly id: string;
}

export interface UpdateTask {
  readonly kind: "update";
  readonly id: string;
  readonly resources: ResourceUpdate;
}

export interface CreateCheckpointTask {
  readonly kind: "create-checkpoint";
  readonly id: string;
  /** Empty: the bundle's own folder "checkpoints". */
  readonly dir: string;
  readonly checkpoint: CheckpointInfo;
}

export interface DeleteCheckpointTask {
  readonly kind: "delete-checkpoint";
  readonly id: string;
  readonly dir: string;
  readonly name: string;
}

export interface ListCheckpointsTask {
  readonly kind: "list-checkpoints";
  readonly id: string;
  readonly dir: string;
}

export interface StateTask {
  readonly kind: "state";
  /** Absent: all containers. */
  readonly id?: string;
}

export interface StatsTask {
  readonly kind: "stats";
  readonly id: string;
}

/** A process as State shows it. */
export interface ProcessView extends Stdio {
  readonly name: string;
  /** The pid on the host. */
  readonly systemPid: number;
  readonly spec: ProcessSpec;
}

export interface ContainerView {
  readonly id: string;
  readonly bundle: string;
  readonly status: "running" | "paused" | "stopped";
  readonly labels: readonly string[];
  readonly runtime: string;
  /** Every pid in the container, in the host's numbers. */
  readonly pids: readonly number[];
  readonly processes: readonly ProcessView[];
}

export interface StateView {
  readonly containers: readonly ContainerView[];
  /** memory in MiB, as 0.2.x counts it */
  readonly machine: { readonly cpus: number; readonly memory: bigint };
}

interface Results {
  readonly create: ContainerView;
  readonly "add-process": { readonly systemPid: number };
  readonly signal: undefined;
  readonly "update-process": undefined;
  readonly pause: undefined;
  readonly resume: undefined;
  readonly update: undefined;
  readonly "create-checkpoint": undefined;
  readonly "delete-checkpoint": undefined;
  readonly "list-checkpoints": readonly CheckpointInfo[];
  readonly state: StateView;
  readonly stats: Stats;
}

export type ResultOf<T extends Task> = Results[T["kind"]];
