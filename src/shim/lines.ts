/**
 * Cuts what a socket delivers into lines, and hands each on as it is complete.
 *
 * @param onLine is called with a line's text, without its end
 * @param longest in characters; the function throws when a line passes it
 * @returns what to call with each piece, which must be text: setEncoding keeps characters whole
 */
export function lineSplitter(
  onLine: (line: string) => void,
  longest: number = Number.POSITIVE_INFINITY,
): (piece: string) => void {
  // Pieces of a long line are joined once, at its end: joining at each piece would make a long answer's cost quadratic.
  let pieces: string[] = [];
  let length = 0;
  return (piece) => {
    let from = 0;
    for (let end = piece.indexOf("\n"); end !== -1; end = piece.indexOf("\n", from)) {
      pieces.push(piece.slice(from, end));
      const line = pieces.length === 1 ? (pieces[0] ?? "") : pieces.join("");
      pieces = [];
      length = 0;
      from = end + 1;
      if (line.length > longest) throw new RangeError(`a line of ${line.length} characters`);
      onLine(line);
    }
    if (from === piece.length) return;
    pieces.push(piece.slice(from));
    length += piece.length - from;
    if (length > longest) throw new RangeError(`a line of more than ${longest} characters`);
  };
}
