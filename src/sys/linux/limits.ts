import type { Limit } from "../sys.ts";
import { check, libc } from "./native.ts";

const getrlimit = libc<[number, BigUint64Array]>("int getrlimit(int resource, void *limit)");
const setrlimit = libc<[number, BigUint64Array]>("int setrlimit(int resource, const void *limit)");

const RLIMIT_NOFILE = 7;

/** Node does this itself when it starts; it is asked for here so that nobody depends on it. Children inherit it. */
export function raiseOpenFiles(): Limit {
  const limit = new BigUint64Array(2);
  check("getrlimit", getrlimit(RLIMIT_NOFILE, limit));
  const [soft = 0n, hard = 0n] = limit;
  if (soft < hard) {
    limit[0] = hard;
    check("setrlimit", setrlimit(RLIMIT_NOFILE, limit));
  }
  return { soft: Number(hard), hard: Number(hard) };
}
