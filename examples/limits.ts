// Limits changed while a container runs, and what it uses.
//   scripts/node examples/limits.ts ADDRESS BUNDLE
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../src/client/index.ts";

const [address = "", bundle = ""] = process.argv.slice(2);
await using client = connect({ address });
await using container = await client.containers.start({ id: `example-${process.pid}`, bundle });

await container.update({ memoryLimit: 64 * 1024 * 1024, pidsLimit: 50 });
const busy = await container.spawn(["sh", "-c", "while :; do :; done"]);
let before = await container.stats();
for (let second = 0; second < 3; second += 1) {
  await sleep(1000);
  const now = await container.stats();
  const share = Number(now.cpu.usage - before.cpu.usage) / (now.time.getTime() - before.time.getTime()) / 1e4;
  console.log(
    `${share.toFixed(0)} % of a CPU, ${now.memory.usage} of ${now.memory.limit} bytes, ${now.pids.current} pids`,
  );
  before = now;
}
await busy.kill("SIGKILL");
console.log("ended by", (await busy.wait()).signal);
