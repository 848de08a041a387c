// Runs on a file system of a few pages: fills it, appends events, makes room, and prints what a subscriber was told and when.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "../../../base/logger.ts";
import { EventHub } from "../hub.ts";

const [directory = ""] = process.argv.slice(2);
const hub = new EventHub({ path: join(directory, "events.log"), retain: 50, logger: silentLogger });
const told: string[] = [];
const telling = (async () => {
  for await (const { id } of hub.subscribe()) told.push(id);
})();
const append = (id: string): unknown =>
  hub.append({ type: "exit", id, pid: "init", status: 0, instance: "" });

append("before");
try {
  writeFileSync(join(directory, "filler"), Buffer.alloc(1 << 20));
} catch {
  // it is full now, but for what is left of the log's last page
}
for (let number = 0; number < 200; number += 1) append(`full-${number}`);
const waiting = hub.waiting;
rmSync(join(directory, "filler"));
while (hub.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 20));
append("after");
const stored = await Array.fromAsync(hub.subscribe({ after: 0n, storedOnly: true }));
hub[Symbol.dispose]();
await telling;
const again = new EventHub({ path: join(directory, "events.log"), retain: 50, logger: silentLogger });
const replayed = await Array.fromAsync(again.subscribe({ after: 0n, storedOnly: true }));
again[Symbol.dispose]();
process.stdout.write(
  JSON.stringify({
    waiting,
    told,
    stored: stored.map(({ id }) => id),
    replayed: replayed.map(({ id }) => id),
  }),
);
