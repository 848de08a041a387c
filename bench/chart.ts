import { type Figure, median, type Result, short } from "./figures.ts";

const shown = ["start", "lifecycle", "exec"];
const width = 760;
const labels = 230;
const bar = 18;

/** The rows that everybody takes part in, as bars. */
export function chart(results: readonly Result[]): string {
  const parts: string[] = [];
  let top = 16;
  for (const result of results.filter(({ row }) => shown.includes(row))) {
    const what = result.figures[0]?.what;
    const figures = result.figures.filter((figure) => figure.what === what);
    parts.push(text(12, top + 8, `${result.title}, a second`, 'class="t"'));
    top += 22;
    const most = Math.max(...figures.map(({ values }) => median(values)));
    for (const figure of figures) {
      parts.push(bars(figure, top, most));
      top += bar + 5;
    }
    top += 20;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" role="img" aria-label="Measured side by side">`,
    "<style>text{font:12px sans-serif;fill:#333}.t{font-weight:bold}.own{fill:#2f74c0}.bare{fill:#b9c0c8}.peer{fill:#d9a441}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>",
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function bars({ subject, values }: Figure, top: number, most: number): string {
  const kind = subject.startsWith("bare") ? "bare" : subject.startsWith("containerd-ts") ? "own" : "peer";
  const value = median(values);
  const length = Math.max(1, Math.round((value / most) * (width - labels - 70)));
  return [
    text(12, top + 13, subject),
    `<rect class="${kind}" x="${labels}" y="${top}" width="${length}" height="${bar}" rx="2"/>`,
    text(labels + length + 6, top + 13, short(value)),
  ].join("");
}

function text(x: number, y: number, content: string, attributes = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}
