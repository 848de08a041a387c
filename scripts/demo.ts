// `npm run demo`: the life of two containers, each step as a person would type it. Everything happens in a
// temporary directory with a daemon of its own; the end proves that nothing of it is left.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { busyboxRootfs } from "../test/harness/bundle.ts";
import { cgroupsNaming, mountsNaming } from "../test/harness/leftovers.ts";
import { processesNaming } from "../test/harness/processes.ts";
import { tempDir } from "../test/harness/temp.ts";
import { until } from "../test/harness/until.ts";

const root = path.join(import.meta.dirname, "..");

// Colours only for people: a heading bold, what is typed green.
const styled = (code: number, text: string): string =>
  process.stdout.isTTY ? `\x1b[${code}m${text}\x1b[0m` : text;

function heading(text: string): void {
  console.log(`\n${styled(1, `# ${text}`)}`);
}

/** The name of each container of this run: nobody else's has it. */
const prefix = `demo-${process.pid}`;
const hello = `${prefix}-hello`;
const sleeper = `${prefix}-sleeper`;

class Demo {
  readonly directory: string;
  readonly address: string;
  readonly #signal: AbortSignal;
  #daemon: ChildProcess | undefined;

  constructor(directory: string, signal: AbortSignal) {
    this.directory = directory;
    this.address = `unix://${directory}/containerd.sock`;
    this.#signal = signal;
  }

  get stateDir(): string {
    return path.join(this.directory, "state");
  }

  get runtimeRoot(): string {
    return path.join(this.directory, "runtime");
  }

  get log(): string {
    return path.join(this.directory, "daemon.log");
  }

  async startDaemon(): Promise<void> {
    const flags = [
      ...["--listen", this.address, "--state-dir", this.stateDir],
      ...["--runtime", "runc", "--runtime-args", `--root=${this.runtimeRoot}`],
    ];
    console.log(styled(32, `$ containerd ${flags.join(" ")} &`));
    mkdirSync(this.runtimeRoot, { recursive: true });
    const log = openSync(this.log, "a");
    // A session of its own: Ctrl-C is for the demo, which then ends the daemon in good order.
    const daemon = spawn(path.join(root, "bin/containerd"), flags, {
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    this.#daemon = daemon;
    await until("the daemon serves", async () => {
      if (!isAlive(daemon)) throw new Error(`the daemon ended:\n${readFileSync(this.log, "utf8")}`);
      return (await this.#run(["version"])).status === 0;
    });
  }

  /** The worst that can happen to a daemon. */
  async killDaemon(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined) return;
    console.log(styled(32, `$ kill -9 ${daemon.pid}   # the daemon`));
    const ended = once(daemon, "exit");
    daemon.kill("SIGKILL");
    await ended;
  }

  /** Types a `ctr` command, shows its output and returns it. */
  async ctr(...args: string[]): Promise<string> {
    this.#signal.throwIfAborted();
    console.log(styled(32, `$ ctr ${args.map(quoted).join(" ")}`));
    const { status, output } = await this.#run(args);
    if (output !== "") console.log(output.trimEnd());
    if (status !== 0) throw new Error(`ctr ended with ${status}`);
    return output;
  }

  async #run(args: readonly string[]): Promise<{ status: number | null; output: string }> {
    const child = spawn(path.join(root, "bin/ctr"), args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, CONTAINERD_ADDRESS: this.address },
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    await once(child, "close");
    return { status: child.exitCode, output };
  }

  /** Whether the daemon still knows the container. */
  async knows(id: string): Promise<boolean> {
    return (await this.#run(["containers", "list"])).output.includes(id);
  }

  /** Ends what runs, whatever step the demo came to, and then the daemon. */
  async end(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined) return;
    if (isAlive(daemon)) {
      await this.#endContainers();
      const ended = once(daemon, "exit");
      daemon.kill("SIGTERM");
      await Promise.race([ended, pause(10_000, undefined, { ref: false })]);
      if (isAlive(daemon)) daemon.kill("SIGKILL");
    }
    const gone = () => processesNaming(this.directory).length === 0;
    await until("its processes are gone", gone, 10).catch(() => this.#force());
  }

  async #endContainers(): Promise<void> {
    for (const id of [hello, sleeper]) {
      if (!(await this.knows(id))) continue;
      await this.#run(["containers", "resume", id]);
      await this.#run(["containers", "kill", "--signal", "KILL", id]);
    }
    await until("the containers are gone", async () => !(await this.knows(prefix)), 10).catch(console.error);
  }

  /** For a demo that failed badly: nobody is left who would clean up in good order. */
  async #force(): Promise<void> {
    for (const { pid } of processesNaming(this.directory)) process.kill(pid, "SIGKILL");
    for (const id of readdirSync(this.runtimeRoot)) {
      const child = spawn("runc", ["--root", this.runtimeRoot, "delete", "--force", id], { stdio: "ignore" });
      await once(child, "exit");
    }
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

async function steps(demo: Demo): Promise<void> {
  const { directory, address } = demo;

  heading("A daemon of its own, in a temporary directory");
  await demo.startDaemon();
  console.log(styled(32, `$ export CONTAINERD_ADDRESS=${address}`));
  await demo.ctr("version");

  heading("A bundle of busybox, and a container that we watch to its end");
  const rootfs = busyboxRootfs(directory);
  const script = "echo hello from $(hostname), pid $$; echo bye >&2";
  await demo.ctr("bundle", "--rootfs", rootfs, `${directory}/hello`, "sh", "-c", script);
  await demo.ctr("containers", "start", "--attach", hello, `${directory}/hello`);

  heading("Another one, in the background");
  await demo.ctr("bundle", "--rootfs", rootfs, `${directory}/sleeper`, "sleep", "3600");
  await demo.ctr("containers", "start", sleeper, `${directory}/sleeper`);
  await demo.ctr("containers", "list");

  heading("A second process in it");
  await demo.ctr("containers", "exec", "--id", sleeper, "--pid", "look", "--attach", "ps");

  heading("What it uses");
  await demo.ctr("top", "--once");

  heading("Pause and resume");
  await demo.ctr("containers", "pause", sleeper);
  await demo.ctr("containers", "list");
  await demo.ctr("containers", "resume", sleeper);

  heading("The daemon dies; the container does not, and the next daemon knows it");
  await demo.killDaemon();
  await demo.startDaemon();
  await demo.ctr("containers", "list");

  heading("The end of it");
  await demo.ctr("containers", "kill", "--signal", "KILL", sleeper);
  await until("the container is gone", async () => !(await demo.knows(sleeper)));
  await demo.ctr("containers", "list");

  heading("What happened, from the event log");
  await demo.ctr("events", "--stored", "--timestamp", "1970-01-01T00:00:00Z");
}

/** Prints what is left of the demo. @returns whether nothing is */
function proveNothingLeft(demo: Demo, leftToRuntime: readonly string[]): boolean {
  const left: [string, readonly string[]][] = [
    [
      "processes, the shim included",
      processesNaming(demo.directory).map(({ pid, command }) => `${pid} ${command}`),
    ],
    ["mounts", mountsNaming(demo.directory)],
    ["cgroups", cgroupsNaming(prefix)],
    ["containers that the runtime knows", leftToRuntime],
    ["temporary directory", existsSync(demo.directory) ? [demo.directory] : []],
  ];
  for (const [what, found] of left) {
    console.log(
      `${found.length === 0 ? "none" : "LEFT"}  ${what}${found.map((one) => `\n      ${one}`).join("")}`,
    );
  }
  return left.every(([, found]) => found.length === 0);
}

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) {
    console.error("The demo runs containers: run it as root.");
    process.exitCode = 1;
    return;
  }
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => abort.abort());

  const directory = await tempDir();
  const demo = new Demo(directory.path, abort.signal);
  let status = 0;
  try {
    await steps(demo);
  } catch (error) {
    status = abort.signal.aborted ? 130 : 1;
    console.error(abort.signal.aborted ? "\nInterrupted." : `\nThe demo failed: ${String(error)}`);
    if (status === 1 && existsSync(demo.log)) console.error(readFileSync(demo.log, "utf8"));
  }

  heading("The daemon ends, and its shim with it: what is left?");
  await demo.end();
  const leftToRuntime = existsSync(demo.runtimeRoot) ? readdirSync(demo.runtimeRoot) : [];
  await directory[Symbol.asyncDispose]();
  const clean = proveNothingLeft(demo, leftToRuntime);
  process.exitCode = clean ? status : 1;
}

await main();
