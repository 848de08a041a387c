import type { Result } from "./figures.ts";
import type { Choice } from "./subjects/all.ts";

/** What the command line asks for. */
export interface Plan {
  readonly rounds: number;
  /** Containers, where a row has no number of its own. */
  readonly containers: number;
  /** Containers of the density row. */
  readonly density: number;
  readonly choices: readonly Choice[];
  /** Says where the run is, on stderr. */
  readonly say: (text: string) => void;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  /** What the project wants of itself. */
  readonly target: string;
  /** Not measured unless it is named. */
  readonly onlyByName?: true;
  readonly measure: (plan: Plan) => Promise<Pick<Result, "figures" | "notes">>;
}
