// Appends events until it is killed, and says of each, once it has been told, that it has. Arguments: the log's path, how many to retain.
import { writeSync } from "node:fs";
import { silentLogger } from "../../../base/logger.ts";
import { EventHub } from "../hub.ts";

const [path = "", retain = ""] = process.argv.slice(2);
const hub = new EventHub({ path, retain: Number(retain), logger: silentLogger });
for (;;) {
  const { timestamp } = hub.append({ type: "exit", id: "c", pid: "init", status: 0, instance: "" });
  writeSync(1, `${timestamp}\n`);
}
