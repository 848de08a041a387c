// Events, each once: over restarts of the daemon by themselves, over this program's own by a cursor in a file.
//   scripts/node examples/events.ts ADDRESS [FILE]
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "../src/client/index.ts";

const [address = "", file = "/tmp/containerd-events-cursor"] = process.argv.slice(2);

function readCursor(): bigint {
  try {
    return BigInt(readFileSync(file, "utf8").trim());
  } catch {
    return 0n; // the first time: everything that is stored
  }
}

const controller = new AbortController();
process.once("SIGINT", () => controller.abort());

await using client = connect({ address });
for await (const event of client.events({ since: readCursor(), signal: controller.signal })) {
  console.log(event.time.toISOString(), event.type, event.id, event.process, event.status);
  writeFileSync(file, String(event.timestamp));
}
