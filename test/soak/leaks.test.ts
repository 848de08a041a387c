import { test } from "node:test";
import { prepareHost } from "../harness/host.ts";
import { proveNoLeak } from "./leak-work.ts";

prepareHost();

const execs = Number(process.env["LEAKS"] ?? "10000");
const lifecycles = Math.ceil(execs * 0.3);

test(`${lifecycles} lifecycles and ${execs} execs leave nothing behind`, async (context) => {
  await proveNoLeak(context, { lifecycles, execs, noise: 2048 });
});
