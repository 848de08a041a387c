import type { Fd } from "../sys.ts";

export interface Move {
  readonly from: Fd;
  readonly to: Fd;
}

/**
 * The dup2s that make wanted[i] the descriptor i. A source that is another one's target would be overwritten before its
 * turn: those are put out of the way first, above everything named.
 */
export function descriptorMoves(wanted: readonly Fd[]): Move[] {
  const moves: Move[] = [];
  let spare = Math.max(wanted.length, ...wanted) + 1;
  const sources = wanted.map((from, target) => {
    if (from >= wanted.length || from === target) return from;
    moves.push({ from, to: spare });
    return spare++;
  });
  for (const [to, from] of sources.entries()) moves.push({ from, to });
  return moves;
}
