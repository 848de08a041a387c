import { isFrozen } from "../runtime/cgroup/freezer.ts";
import { pidsIn } from "../runtime/cgroup/processes.ts";
import type { Container } from "../runtime/container.ts";
import type { Process } from "../runtime/process.ts";
import type { ContainerView, ProcessView } from "./task.ts";

/** A container as State shows it, read from the kernel at this moment. */
export function viewOf(container: Container): ContainerView {
  const { id, bundle, labels, runtime } = container.record;
  return {
    ...{ id, bundle, labels, runtime, status: statusOf(container) },
    pids: container.cgroups === undefined ? [] : pidsIn(container.cgroups),
    processes: [...container.processes.values()]
      .filter(({ state }) => state.kind !== "starting")
      .map(processView),
  };
}

function statusOf(container: Container): ContainerView["status"] {
  if (container.state.kind === "ending") return "stopped";
  return container.cgroups !== undefined && isFrozen(container.cgroups) ? "paused" : "running";
}

function processView(process: Process): ProcessView {
  const { name, pid: systemPid, record } = process;
  const { stdin, stdout, stderr } = record;
  return { name, systemPid, spec: record, stdin, stdout, stderr };
}
