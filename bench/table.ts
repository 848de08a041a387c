import { type Figure, median, type Result, short } from "./figures.ts";

/** One figure as cells: whose, what, median, minimum to maximum, part of the limit. */
export function cells(figure: Figure, all: readonly Figure[]): readonly string[] {
  const { subject, what, unit, values } = figure;
  const range = values.length > 1 ? `${short(Math.min(...values))}–${short(Math.max(...values))}` : "";
  return [subject, what, `${short(median(values))} ${unit}`.trim(), range, againstLimit(figure, all)];
}

export const head: readonly string[] = ["", "what", "median", "min–max", "of its limit"];

function againstLimit({ limit, what, values, subject }: Figure, all: readonly Figure[]): string {
  const other = all.find(
    (figure) => figure.subject === limit && (figure.what === what || figure.subject === "the kernel"),
  );
  if (other === undefined || limit === subject) return "";
  return `${short(median(values) / median(other.values))} ×`;
}

/** "4.1 × containerd 1.6, runc": ours against each peer, where both were measured at about the same thing. */
export function againstPeers({ figures }: Result): string[] {
  const isPeer = ({ subject }: Figure): boolean => /^(podman|containerd 1)/.test(subject);
  return figures.filter(isPeer).flatMap((peer) => {
    const runtime = peer.subject.endsWith("crun") ? "crun" : "runc";
    const own = figures.find(
      ({ subject, unit, what }) =>
        subject === `containerd-ts, ${runtime}` &&
        unit === peer.unit &&
        (what === peer.what || unit === "kB"),
    );
    if (own === undefined) return [];
    const [more, less] = peer.better === "more" ? [own, peer] : [peer, own];
    const ratio = short(median(more.values) / median(less.values));
    return [`${own.subject}: ${ratio} × as good as ${peer.subject}`];
  });
}

/** For a terminal. */
export function printed(result: Result): string {
  const lines = [head, ...result.figures.map((figure) => cells(figure, result.figures))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const body = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return [
    `\n${result.row}: ${result.title} (target: ${result.target})`,
    ...body,
    ...againstPeers(result),
  ].join("\n");
}
