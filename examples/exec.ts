// A container, programs in it, and nothing left of it: `await using` kills it whatever happens.
//   scripts/node examples/exec.ts ADDRESS BUNDLE
import { connect, ExecError } from "../src/client/index.ts";

const [address = "", bundle = ""] = process.argv.slice(2);
await using client = connect({ address });
await using container = await client.containers.start({ id: `example-${process.pid}`, bundle });

const { stdout, duration } = await container.exec(["sh", "-c", "echo $GREETING; hostname"], {
  env: { GREETING: "hello" },
});
console.log(stdout, `(${duration.toFixed(0)} ms)`);

const counted = await container.exec(["wc", "-c"], { input: "what goes in" });
console.log("bytes:", counted.stdout);

try {
  await container.exec(["sh", "-c", "echo no >&2; exit 3"]);
} catch (error) {
  if (!(error instanceof ExecError)) throw error;
  console.log("failed with", error.result.exitCode, error.result.stderr);
}

try {
  await container.exec(["sleep", "100"], { timeout: 200 });
} catch (error) {
  console.log(error instanceof ExecError && error.timedOut ? "timed out" : error);
}
