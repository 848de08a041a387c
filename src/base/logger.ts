export type Fields = Readonly<Record<string, unknown>>;

/** What the parts of daemon and shim log with; the daemon's is pino. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** One that adds `fields` to everything it says. */
  child(fields: Fields): Logger;
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
