import { writeSync } from "node:fs";
import type { Fields, Logger } from "../base/logger.ts";

/** One line on stderr, which is the shim's log file: no library, and nothing that could be lost when the shim is killed. */
export function stderrLogger(bound: Fields = {}): Logger {
  const write = (level: string, message: string, fields: Fields = {}): void => {
    const all = { ...bound, ...fields };
    const rest = Object.keys(all).length === 0 ? "" : ` ${JSON.stringify(all)}`;
    try {
      writeSync(2, `${new Date().toISOString()} ${level} ${message}${rest}\n`);
    } catch {
      // A full disk must not stop anything.
    }
  };
  return {
    debug() {},
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    child: (fields) => stderrLogger({ ...bound, ...fields }),
  };
}
