import type { Context } from "../context.ts";
import type { Known } from "./known.ts";
import type { Survey } from "./survey.ts";

/** What restoring a container needs to know. */
export interface Restoring extends Context {
  readonly known: Known;
  readonly survey: Survey;
}
