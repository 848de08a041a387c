import type { Container, Process, Rlimit as RlimitMessage } from "../gen/types/api_pb.ts";
import type { Plain } from "./rpc.ts";

type ContainerMessage = Plain<Container>;
type ProcessMessage = Plain<Process>;

/** What the daemon knows about a container at one moment. */
export interface ContainerInfo {
  readonly id: string;
  /** The bundle's directory on the daemon's host. */
  readonly bundle: string;
  /** "running", "paused" or "stopped". */
  readonly status: string;
  /** Name or path of the OCI runtime. */
  readonly runtime: string;
  readonly labels: readonly string[];
  /** Every process in the container, in the host's numbers. */
  readonly pids: readonly number[];
  /** init, and what was exec'ed. */
  readonly processes: readonly ProcessInfo[];
}

/** A process that the daemon started: init, or an exec. */
export interface ProcessInfo {
  /** "init", or the name that it was given at exec. */
  readonly name: string;
  /** Its pid on the daemon's host. */
  readonly pid: number;
  readonly args: readonly string[];
  /** NAME=value. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly terminal: boolean;
  readonly user: User;
  readonly capabilities: readonly string[];
  readonly rlimits: readonly Rlimit[];
  readonly noNewPrivileges: boolean;
  readonly apparmorProfile: string;
  readonly selinuxLabel: string;
  /** The paths of its stdio; empty for /dev/null. */
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids?: readonly number[];
}

export interface Rlimit {
  /** As in setrlimit(2): "RLIMIT_NOFILE". */
  readonly type: string;
  readonly soft: bigint;
  readonly hard: bigint;
}

/** The machine that the daemon runs on. */
export interface Machine {
  readonly cpus: number;
  /** In MiB. */
  readonly memory: bigint;
}

export interface Version {
  /** Of the interface: 0.2.x. */
  readonly version: string;
  /** Which software, and which commit of it. */
  readonly revision: string;
}

export function containerInfo(message: ContainerMessage): ContainerInfo {
  const { id, bundlePath, status, runtime, labels, pids, processes } = message;
  return { id, bundle: bundlePath, status, runtime, labels, pids, processes: processes.map(processInfo) };
}

function processInfo(message: ProcessMessage): ProcessInfo {
  const {
    pid,
    systemPid,
    args,
    env,
    cwd,
    terminal,
    capabilities,
    noNewPrivileges,
    apparmorProfile,
    selinuxLabel,
  } = message;
  const { uid = 0, gid = 0, additionalGids = [] } = message.user ?? {};
  return {
    name: pid,
    pid: systemPid,
    args,
    env,
    cwd,
    terminal,
    user: { uid, gid, additionalGids },
    capabilities,
    rlimits: message.rlimits.map(rlimit),
    noNewPrivileges,
    apparmorProfile,
    selinuxLabel,
    stdin: message.stdin,
    stdout: message.stdout,
    stderr: message.stderr,
  };
}

function rlimit({ type, soft, hard }: Plain<RlimitMessage>): Rlimit {
  return { type, soft, hard };
}
