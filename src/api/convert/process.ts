import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AddProcessRequest, ProcessSchema } from "../../gen/types/api_pb.ts";
import type { ProcessSpec } from "../../oci/spec.ts";
import type { ProcessView } from "../../supervisor/task.ts";

export function toProcess(view: ProcessView): MessageInitShape<typeof ProcessSchema> {
  const { spec } = view;
  return {
    pid: view.name,
    systemPid: view.systemPid,
    stdin: view.stdin,
    stdout: view.stdout,
    stderr: view.stderr,
    terminal: spec.terminal ?? false,
    user: { ...spec.user, additionalGids: [...(spec.user.additionalGids ?? [])] },
    args: [...spec.args],
    env: [...(spec.env ?? [])],
    cwd: spec.cwd,
    capabilities: [...(spec.capabilities?.bounding ?? [])],
    apparmorProfile: spec.apparmorProfile ?? "",
    selinuxLabel: spec.selinuxLabel ?? "",
    noNewPrivileges: spec.noNewPrivileges ?? false,
    rlimits: (spec.rlimits ?? []).map(({ type, soft, hard }) => ({
      type,
      soft: toLimit(soft),
      hard: toLimit(hard),
    })),
  };
}

/** As a double RLIM_INFINITY is 2^64, which is one too many. What no limit can be is none of ours to refuse here. */
function toLimit(limit: number): bigint {
  if (!(limit > 0)) return 0n;
  return limit >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(Math.floor(limit));
}

/** The request says all that the process is: what it leaves out is empty, not the container's. */
export function fromProcess(request: AddProcessRequest): ProcessSpec {
  const { user, capabilities } = request;
  return {
    terminal: request.terminal,
    user: {
      uid: user?.uid ?? 0,
      gid: user?.gid ?? 0,
      ...(user === undefined || user.additionalGids.length === 0
        ? {}
        : { additionalGids: user.additionalGids }),
    },
    args: request.args,
    env: request.env,
    cwd: request.cwd,
    // Ambient capabilities would survive an exec of a program without file capabilities: 0.2.x never gave them.
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      inheritable: capabilities,
      permitted: capabilities,
    },
    rlimits: request.rlimits.map(({ type, soft, hard }) => ({
      type,
      soft: Number(soft),
      hard: Number(hard),
    })),
    noNewPrivileges: request.noNewPrivileges,
    ...(request.apparmorProfile === "" ? {} : { apparmorProfile: request.apparmorProfile }),
    ...(request.selinuxLabel === "" ? {} : { selinuxLabel: request.selinuxLabel }),
  };
}
