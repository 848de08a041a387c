import { it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { Soak } from "./soak.ts";

prepareHost();

const minutes = Number(process.env["SOAK_MINUTES"] ?? "1");
const seeds =
  process.env["SOAK_SEED"] === undefined
    ? [Math.floor(Math.random() * 1e6)]
    : process.env["SOAK_SEED"].split(",").map(Number);

for (const seed of seeds) {
  it(`seed ${seed}: nothing is lost in ${minutes} minutes of random work and random deaths`, async (context) => {
    await using daemon = await TestDaemon.start({ flags: ["--retain-count", "1000000"] });
    const soak = new Soak(daemon, { seed, seconds: minutes * 60, clients: 8, containers: 100 });
    await soak.run();
    context.diagnostic(`seed ${seed}: ${JSON.stringify(soak.counts)} ${JSON.stringify([...soak.refusals])}`);
  });
}
