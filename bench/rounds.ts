import type { Figure } from "./figures.ts";
import type { Plan } from "./row.ts";
import { nameOfBare } from "./subjects/bare-loop.ts";
import type { Subject } from "./subjects/subject.ts";

export interface Work {
  readonly what: string;
  readonly unit: string;
  readonly better: Figure["better"];
  /** One measurement; `count` is how many containers this subject is asked for. */
  readonly once: (subject: Subject, count: number, round: number) => Promise<number>;
  /** Which subjects take part; all, where it is not given. */
  readonly takesPart?: (subject: Subject) => boolean;
  readonly containers?: number;
  readonly rounds?: number;
}

/** Measures every subject once a round, one after the other, so that a busy minute of the machine meets all of them. */
export async function interleaved(plan: Plan, works: readonly Work[]): Promise<Figure[]> {
  await using open = new AsyncDisposableStack();
  const subjects: { subject: Subject; share: number }[] = [];
  for (const { open: make, share } of plan.choices) subjects.push({ subject: open.use(await make()), share });
  const found = new Map<string, Figure & { values: number[] }>();
  for (const work of works) {
    for (let round = 1; round <= (work.rounds ?? plan.rounds); round += 1) {
      for (const { subject, share } of subjects) {
        if (work.takesPart?.(subject) === false) continue;
        const count = Math.max(1, Math.round((work.containers ?? plan.containers) * share));
        const value = await work.once(subject, count, round);
        plan.say(`${work.what}, round ${round}, ${subject.name}: ${value.toPrecision(3)} ${work.unit}`);
        const { what, unit, better } = work;
        const limit = nameOfBare(subject.runtime);
        const key = `${what}/${subject.name}`;
        const figure = found.get(key) ?? { subject: subject.name, what, unit, better, limit, values: [] };
        figure.values.push(value);
        found.set(key, figure);
      }
    }
  }
  return [...found.values()];
}

let made = 0;

/** Names that nobody has had. */
export function freshIds(count: number): string[] {
  made += 1;
  return Array.from({ length: count }, (_, n) => `b${made}-${n}`);
}
