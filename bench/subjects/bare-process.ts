import { Bare } from "./bare.ts";
import type { BareAnswer, BareCall } from "./bare-loop.ts";

// The bare loop reaps every child of its process, so it has a process of its own: what Node itself spawns would be lost to it.
const runtime = process.argv[2] === "crun" ? "crun" : "runc";
const bare = await Bare.open(runtime);

const answer = (message: BareAnswer): void => void process.send?.(message);

process.on("message", ({ seq, method, ids, count }: BareCall) => {
  const work = async (): Promise<readonly number[]> => {
    if (method === "exec") await bare.exec(ids[0] ?? "", count);
    else if (method === "exits") return await bare.exits(ids);
    else if (method === "start") await bare.start(ids);
    else if (method === "remove") await bare.remove(ids);
    else await bare.lifecycle(ids);
    return [];
  };
  const begun = performance.now();
  work().then(
    (values) => answer({ seq, seconds: (performance.now() - begun) / 1000, values }),
    (error: unknown) => answer({ seq, seconds: 0, values: [], error: String(error) }),
  );
});
process.on("disconnect", () => void bare[Symbol.asyncDispose]().then(() => process.exit()));
answer({ seq: 0, seconds: 0, values: [] });
