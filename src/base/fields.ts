import { Failure } from "./errors.ts";

/**
 * The fields of a JSON object that somebody else wrote: each is taken by its name and type, and what is not as it must be ends the
 * reading with the file's name, the field's, and what stood there. Small enough for the shim, which carries no validation library.
 */
export class Fields {
  readonly #of: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(of: string, value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw damaged(of, "it is no JSON object");
    this.#of = of;
    this.#values = value as Readonly<Record<string, unknown>>;
  }

  /** @param of what is read, as the messages name it: a path */
  static parse(of: string, text: string): Fields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw damaged(of, `it is not JSON (${text.length} characters)`, error);
    }
    return new Fields(of, value);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== null;
  }

  string(name: string, otherwise?: string): string {
    return this.#take(name, otherwise, "a string", (value) => typeof value === "string");
  }

  boolean(name: string, otherwise?: boolean): boolean {
    return this.#take(name, otherwise, "true or false", (value) => typeof value === "boolean");
  }

  integer(name: string, min: number, max: number, otherwise?: number): number {
    const within = (value: unknown): boolean =>
      Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
    return this.#take(name, otherwise, `a whole number from ${min} to ${max}`, within);
  }

  strings(name: string, otherwise?: readonly string[]): readonly string[] {
    const all = (value: unknown): boolean =>
      Array.isArray(value) && value.every((item) => typeof item === "string");
    return this.#take(name, otherwise, "a list of strings", all);
  }

  /** A number beyond what JSON holds whole (nanoseconds, clock ticks): written as text. */
  bigint(name: string): bigint {
    return BigInt(
      this.#take<string>(
        name,
        undefined,
        "digits",
        (value) => typeof value === "string" && /^\d{1,20}$/.test(value),
      ),
    );
  }

  /** An object within this one. */
  fields(name: string): Fields {
    return new Fields(`${this.#of}: ${name}`, this.#values[name]);
  }

  /** Everything as it was read: for those who pass it on. */
  get raw(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  /** @throws INVALID_ARGUMENT that says why it is not as it must be */
  refuse(reason: string): never {
    throw damaged(this.#of, reason);
  }

  #take<T>(name: string, otherwise: T | undefined, wanted: string, check: (value: unknown) => boolean): T {
    const value = this.has(name) ? this.#values[name] : undefined;
    if (value === undefined && otherwise !== undefined) return otherwise;
    if (check(value)) return value as T;
    throw damaged(this.#of, `${name} must be ${wanted}, not ${shown(value)}`);
  }
}

function damaged(of: string, reason: string, cause?: unknown): Failure {
  return new Failure("INVALID_ARGUMENT", `${of} is damaged: ${reason}`, { cause });
}

/** Values may be secrets: only what kind of thing it is is told, but for numbers. */
function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (value === null || value === undefined) return "missing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
