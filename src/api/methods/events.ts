import { raceAbort } from "../../base/deadline.ts";
import { Failure } from "../../base/errors.ts";
import { checkId } from "../../base/ids.ts";
import type { API } from "../../gen/types/api_pb.ts";
import type { Api } from "../api.ts";
import { encodeEvent } from "../convert/event.ts";
import { fromTimestamp } from "../convert/timestamp.ts";
import type { Streaming } from "../service.ts";

/** What was later than `timestamp` first, then what comes, without a gap between them. */
export const events = ({ supervisor }: Api): Streaming<typeof API.method.events> =>
  async function* ({ timestamp, storedOnly, id }, signal) {
    const after = fromTimestamp(timestamp);
    if (id !== "") checkId("container id", id);
    if (storedOnly && after === undefined) {
      throw new Failure(
        "INVALID_ARGUMENT",
        "invalid parameter: StoredOnly cannot be specified without setting a valid Timestamp",
      );
    }
    // Until the restore is done an exit that nobody was there to see is not in the log yet, and a client that asks for what
    // is stored takes the last event for the truth. Other streams get it as it comes.
    if (storedOnly) await raceAbort(supervisor.ready, signal);
    const subscription = supervisor.events.subscribe({
      signal,
      storedOnly,
      ...(after === undefined ? {} : { after }),
      ...(id === "" ? {} : { id }),
    });
    for await (const event of subscription) yield encodeEvent(event);
  };
