import { it } from "node:test";
import { TestDaemon } from "../harness/daemon.ts";
import { prepareHost } from "../harness/host.ts";
import { Soak } from "../soak/soak.ts";

prepareHost();

/** The long one is `npm run soak`; this one's plan is always the same. */
it("a short soak: random work and random deaths of daemon and shim, and nothing is lost", async () => {
  await using daemon = await TestDaemon.start({ flags: ["--retain-count", "1000000"] });
  const soak = new Soak(daemon, { seed: 7, seconds: 10, clients: 6, containers: 30 });
  await soak.run();
});
