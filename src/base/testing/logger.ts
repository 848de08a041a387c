import type { Fields, Logger } from "../logger.ts";

export interface Said {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Fields;
}

/** Remembers what was said. */
export class RecordingLogger implements Logger {
  readonly said: Said[];
  readonly #fields: Fields;

  constructor(said: Said[] = [], fields: Fields = {}) {
    this.said = said;
    this.#fields = fields;
  }

  debug(message: string, fields: Fields = {}): void {
    this.#say("debug", message, fields);
  }

  info(message: string, fields: Fields = {}): void {
    this.#say("info", message, fields);
  }

  warn(message: string, fields: Fields = {}): void {
    this.#say("warn", message, fields);
  }

  error(message: string, fields: Fields = {}): void {
    this.#say("error", message, fields);
  }

  child(fields: Fields): Logger {
    return new RecordingLogger(this.said, { ...this.#fields, ...fields });
  }

  /** The messages of one level. */
  of(level: Said["level"]): string[] {
    return this.said.filter((one) => one.level === level).map(({ message }) => message);
  }

  #say(level: Said["level"], message: string, fields: Fields): void {
    this.said.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
