import { Failure } from "../../base/errors.ts";
import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { fromProcess } from "../convert/process.ts";
import type { Unary } from "../service.ts";
import { checkPath, checkStrings } from "../validate.ts";

/** Runs one more process in a container, by a name that the client chooses. */
export const addProcess =
  ({ supervisor }: Api): Unary<typeof API.method.addProcess> =>
  async (request, signal) => {
    const { id, pid, args, env, cwd, stdin, stdout, stderr } = request;
    checkId("container id", id);
    checkId("process id", pid);
    if (pid === "init")
      throw new Failure("INVALID_ARGUMENT", 'invalid process id "init": it is the container\'s own');
    if (args.length === 0)
      throw new Failure("INVALID_ARGUMENT", "invalid args: a process needs at least one");
    checkStrings("args", args);
    checkStrings("env", env);
    checkStrings("cwd", [cwd]);
    for (const [name, value] of Object.entries({ stdin, stdout, stderr })) checkPath(name, value);
    const { systemPid } = await supervisor.send(
      { kind: "add-process", id, process: pid, spec: fromProcess(request), stdin, stdout, stderr },
      signal,
    );
    return { systemPid };
  };
