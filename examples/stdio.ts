// A container in the middle of a pipeline: this program's stdin goes through `sort` in a container to its stdout.
//   seq 10 | shuf | scripts/node examples/stdio.ts ADDRESS BUNDLE
// BUNDLE's program must be one that reads its input: ctr bundle --rootfs ROOTFS BUNDLE sort -n
import { pipeline } from "node:stream/promises";
import { connect } from "../src/client/index.ts";

const [address = "", bundle = ""] = process.argv.slice(2);
await using client = connect({ address });
await using container = await client.containers.start({
  id: `example-${process.pid}`,
  bundle,
  stdin: "pipe",
  stdout: "pipe",
  stderr: "pipe",
});
const { stdin, stdout, stderr } = container.init;
if (stdin === undefined || stdout === undefined || stderr === undefined) throw new Error("no streams");
await Promise.all([
  pipeline(process.stdin, stdin),
  pipeline(stdout, process.stdout, { end: false }),
  pipeline(stderr, process.stderr, { end: false }),
]);
process.exitCode = (await container.init.wait()).exitCode;
