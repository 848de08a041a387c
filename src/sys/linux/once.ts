/** Releases at the first call only: a second close would hit whoever got the descriptor's number since. */
export function once(release: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    release();
  };
}
