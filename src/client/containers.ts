import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CallOptions } from "./call.ts";
import { Container, StartedContainer } from "./container.ts";
import { Internal } from "./errors.ts";
import { type Context, launch, type StdioOptions } from "./process.ts";
import { type ContainerInfo, containerInfo } from "./views.ts";

export interface StartOptions extends StdioOptions, CallOptions {
  readonly id: string;
  /** The bundle's directory, with config.json: made absolute from here. */
  readonly bundle: string;
  readonly labels?: readonly string[] | undefined;
  /** Name or path of the OCI runtime, and arguments for it; the daemon's own unless given. */
  readonly runtime?: string | undefined;
  readonly runtimeArgs?: readonly string[] | undefined;
  readonly noPivotRoot?: boolean | undefined;
  /** Restores this checkpoint instead of starting the program anew. */
  readonly checkpoint?: string | undefined;
  /** Where the checkpoint is: BUNDLE/checkpoints unless given. */
  readonly checkpointDirectory?: string | undefined;
  /** Whether init has a terminal; what the bundle's config.json says unless given. */
  readonly terminal?: boolean | undefined;
}

/** The daemon's containers. */
export class Containers {
  readonly #context: Context;

  /** @internal */
  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Starts a container, and returns when its program runs. Its streams are /dev/null unless asked for. (The API's
   * CreateContainer: 0.2.x creates and starts in one.)
   *
   * @throws AlreadyExists when the id is in use; Unknown with "oci runtime error: …" when the runtime cannot start it
   */
  async start(options: StartOptions): Promise<StartedContainer> {
    const { id, signal, timeout, stdin = "ignore", stdout = "ignore", stderr = "ignore" } = options;
    const bundlePath = options.bundle === "" ? "" : resolve(options.bundle);
    const piped = [stdin, stdout, stderr].includes("pipe");
    const terminal = options.terminal ?? (piped && (await hasTerminal(bundlePath)));
    const request = async (paths: { stdin: string; stdout: string; stderr: string }) => {
      const { container } = await this.#context.rpc.unary(
        "createContainer",
        {
          id,
          bundlePath,
          checkpoint: options.checkpoint ?? "",
          checkpointDir: options.checkpointDirectory ?? "",
          labels: [...(options.labels ?? [])],
          noPivotRoot: options.noPivotRoot ?? false,
          runtime: options.runtime ?? "",
          runtimeArgs: [...(options.runtimeArgs ?? [])],
          ...paths,
        },
        { signal, timeout },
      );
      const init = container?.processes.find(({ pid }) => pid === "init");
      if (init === undefined) throw new Internal("the answer has no init", { method: "CreateContainer" });
      return init.systemPid;
    };
    const what = { id, name: "init", terminal, stdio: { stdin, stdout, stderr }, request };
    return new StartedContainer(this.#context, id, await launch(this.#context, what));
  }

  /** The same as `start`, by the name that the API has for it. */
  async create(options: StartOptions): Promise<StartedContainer> {
    return await this.start(options);
  }

  /** A container by its id, without asking the daemon. */
  byId(id: string): Container {
    return new Container(this.#context, id);
  }

  /** A container that the daemon knows. @throws NotFound */
  async get(id: string, options: CallOptions = {}): Promise<Container> {
    const container = this.byId(id);
    await container.info(options);
    return container;
  }

  /** What the daemon knows about all of its containers. */
  async list(options: CallOptions = {}): Promise<ContainerInfo[]> {
    const { containers } = await this.#context.rpc.unary("state", {}, options);
    return containers.map(containerInfo);
  }
}

/** What a bundle says of its terminal. One that cannot be read here is the daemon's to complain about. */
async function hasTerminal(bundle: string): Promise<boolean> {
  try {
    const config: unknown = JSON.parse(await readFile(join(bundle, "config.json"), "utf8"));
    return (config as { process?: { terminal?: unknown } } | null)?.process?.terminal === true;
  } catch {
    return false;
  }
}
