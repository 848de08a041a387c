import type { ContainerEvent, EventsOptions } from "../../client/events.ts";
import { timeText } from "../../client/time.ts";
import { clientOf } from "../client.ts";
import { UsageError } from "../failure.ts";
import type { Invocation } from "../lazy.ts";
import { json } from "../output/json.ts";
import { table } from "../output/table.ts";

interface Options {
  readonly timestamp?: string;
  readonly id?: string;
  readonly stored?: true;
}

/** Each line stands for itself, so columns are as wide as a time. */
const columns = { minWidth: 31, padding: 1 };

/** `ctr events` */
export async function events(invocation: Invocation<Options>): Promise<void> {
  const { timestamp, id, stored = false } = invocation.options;
  if (stored && timestamp === undefined) throw new UsageError("--stored needs --timestamp");
  await print(invocation, { since: timestamp, id, storedOnly: stored });
}

/** `ctr containers watch [ID]` */
export async function watch(invocation: Invocation): Promise<void> {
  const id = invocation.words[0];
  // A name with a mistake in it would be watched in silence for ever.
  if (id !== undefined) await clientOf(invocation.globals).containers.get(id);
  await print(invocation, { id });
}

async function print({ globals }: Invocation<Options> | Invocation, options: EventsOptions): Promise<void> {
  const client = clientOf(globals);
  const line = (cells: string[]) => process.stdout.write(table([cells], columns));
  let headed = globals.json;
  const onOpen = () => {
    if (!headed) line(["TIME", "TYPE", "ID", "PID", "STATUS"]);
    headed = true;
  };
  const onDisconnect = () =>
    process.stderr.write("ctr: the connection to the daemon broke; waiting for it\n");
  for await (const event of client.events({ ...options, onOpen, onDisconnect })) {
    if (globals.json) console.log(json(forPrograms(event)));
    else line([timeText(event.timestamp), event.type, event.id, event.process, String(event.status)]);
  }
}

function forPrograms({ timestamp, type, id, process, status }: ContainerEvent) {
  return { timestamp: timeText(timestamp), type, id, pid: process, status };
}
