import { run } from "./run.ts";

// Not awaited at the top: the bundle that bin/ctr runs is CommonJS, which starts faster and has no top-level await.
void run(process.argv.slice(2));
