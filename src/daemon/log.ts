import { fstatSync } from "node:fs";
import { type Logger as Pino, pino } from "pino";
import type { Logger } from "../base/logger.ts";

export type Level = "debug" | "info" | "warn" | "error";

/** A log, and what makes sure that its last lines are out before the process ends. */
export interface DaemonLog extends Logger {
  flush(): void;
}

/** Past this many bytes that a stalled reader of stderr leaves unread, lines are dropped. */
const mostUnread = 4 * 1024 * 1024;

/**
 * The daemon's log: JSON lines on stderr. A pipe is written to in the background, so that a reader that stalls never stops the
 * daemon; one that goes away ends the log and nothing else (pino swallows EPIPE).
 */
export function openLog(level: Level): DaemonLog {
  const stats = fstatSync(2);
  const sync = stats.isFile() || stats.isCharacterDevice();
  const destination = pino.destination({ fd: 2, sync, ...(sync ? {} : { maxLength: mostUnread }) });
  // A full disk under the log is no reason to stop either.
  destination.on("error", () => undefined);
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const flush = (): void => {
    try {
      destination.flushSync();
    } catch {
      // There is no reader, or no room.
    }
  };
  return { ...wrap(log), flush };
}

function wrap(log: Pino): Logger {
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
    child: (fields) => wrap(log.child(fields)),
  };
}
