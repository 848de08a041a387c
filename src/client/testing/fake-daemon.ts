import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { signalNumber } from "../../base/signal-names.ts";
import {
  type AddProcessRequest,
  API,
  type CreateContainerRequest,
  type EventSchema,
  type EventsRequest,
} from "../../gen/types/api_pb.ts";
import { fromTimestamp, now, toTimestamp } from "../time.ts";

type EventInit = MessageInitShape<typeof EventSchema> & { timestamp: { seconds: bigint; nanos: number } };
type Stdio = Pick<AddProcessRequest, "stdin" | "stdout" | "stderr">;

/** A process of the fake's, an ordinary child of this one. */
interface Running {
  readonly child: ChildProcess;
  readonly stdin: number | undefined;
  readonly args: readonly string[];
}

/** Throw one of these in a handler to answer with its code. */
export class Refusal extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What answers as the daemon does, on grpc-js, with host processes in place of containers: enough to test a client without root,
 * a runtime, or the daemon. A container's program is what its label says.
 */
export class FakeDaemon implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), "containerd-fake-"));
  readonly socket = join(this.directory, "api.sock");
  readonly address = `unix://${this.socket}`;
  /** Every call's name and request, in order. */
  readonly calls: { name: string; request: unknown }[] = [];
  readonly #processes = new Map<string, Map<string, Running>>();
  readonly #stored: EventInit[] = [];
  readonly #subscribers = new Set<{ request: EventsRequest; send: (event: EventInit) => void }>();
  #server: Server | undefined;
  /** Replaces the answer of a call. */
  readonly answers = new Map<string, (request: unknown) => unknown>();

  static async start(): Promise<FakeDaemon> {
    const daemon = new FakeDaemon();
    await daemon.listen();
    return daemon;
  }

  async listen(): Promise<void> {
    const server = new Server();
    for (const method of API.methods) this.#serve(server, method);
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(this.address, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    this.#server = server;
  }

  /** The daemon dies: connections break, processes go on. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#subscribers.clear();
    rmSync(this.socket, { force: true });
  }

  emit(event: Omit<EventInit, "timestamp">): void {
    const last = fromTimestamp(this.#stored.at(-1)?.timestamp);
    const time = now();
    const whole = { ...event, timestamp: toTimestamp(time > last ? time : last + 1n) } as EventInit;
    this.#stored.push(whole);
    for (const { request, send } of this.#subscribers)
      if (request.id === "" || request.id === whole.id) send(whole);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const processes of this.#processes.values())
      for (const { child } of processes.values()) child.kill("SIGKILL");
    this.stop();
    rmSync(this.directory, { recursive: true });
  }

  #serve(server: Server, method: DescMethod): void {
    const types = {
      path: `/${method.parent.typeName}/${method.name}`,
      requestStream: false,
      responseStream: method.methodKind === "server_streaming",
      requestDeserialize: (bytes: Buffer): unknown => fromBinary(method.input, bytes),
      requestSerialize: (message: unknown) => message as Buffer,
      responseDeserialize: (bytes: Buffer): unknown => bytes,
      responseSerialize: (message: unknown) =>
        Buffer.from(
          toBinary(method.output, create(method.output, message as MessageInitShape<typeof method.output>)),
        ),
    };
    const unary = (call: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) => {
      this.calls.push({ name: method.name, request: call.request });
      try {
        const own = this.answers.get(method.name);
        answer(null, own === undefined ? this.#answer(method.name, call.request) : own(call.request));
      } catch (error) {
        answer({
          code: error instanceof Refusal ? error.code : status.UNKNOWN,
          details: (error as Error).message,
        });
      }
    };
    const handler = types.responseStream
      ? (call: ServerWritableStream<unknown, unknown>) => this.#events(call)
      : unary;
    server.addService({ [method.name]: types }, { [method.name]: handler });
  }

  #events(call: ServerWritableStream<unknown, unknown>): void {
    const request = call.request as EventsRequest;
    this.calls.push({ name: "Events", request });
    const after = request.timestamp === undefined ? undefined : fromTimestamp(request.timestamp);
    const send = (event: EventInit) => call.write(event);
    if (after !== undefined)
      for (const event of this.#stored)
        if (fromTimestamp(event.timestamp) > after && (request.id === "" || request.id === event.id))
          send(event);
    if (request.storedOnly) {
      call.end();
      return;
    }
    const subscriber = { request, send };
    this.#subscribers.add(subscriber);
    call.on("cancelled", () => this.#subscribers.delete(subscriber));
  }

  /** How many Events streams are open. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  #answer(name: string, request: unknown): unknown {
    switch (name) {
      case "GetServerVersion":
        return { major: 0, minor: 2, patch: 9, revision: "fake" };
      case "CreateContainer":
        return this.#create(request as CreateContainerRequest);
      case "AddProcess":
        return this.#add(request as AddProcessRequest);
      case "State":
        return this.#state((request as { id: string }).id);
      case "Signal": {
        const { id, pid, signal } = request as { id: string; pid: string; signal: number };
        this.#process(id, pid).child.kill(signal);
        return {};
      }
      case "UpdateProcess": {
        const { id, pid, closeStdin } = request as { id: string; pid: string; closeStdin: boolean };
        const { stdin } = this.#process(id, pid);
        if (closeStdin && stdin !== undefined) closeSync(stdin);
        return {};
      }
      default:
        return {};
    }
  }

  #create({ id, labels, stdin, stdout, stderr }: CreateContainerRequest): unknown {
    if (this.#processes.has(id)) throw new Refusal(status.ALREADY_EXISTS, `mkdir ${id}: file exists`);
    const args = labels[0]?.split(" ") ?? ["sleep", "100"];
    this.#processes.set(id, new Map());
    const systemPid = this.#spawn(id, "init", args, { stdin, stdout, stderr });
    return { container: { id, status: "running", processes: [{ pid: "init", systemPid, args }] } };
  }

  #add({ id, pid, args, stdin, stdout, stderr }: AddProcessRequest): unknown {
    this.#process(id, "init");
    return { systemPid: this.#spawn(id, pid, args, { stdin, stdout, stderr }) };
  }

  /** Opens the streams as the shim does. */
  #spawn(id: string, name: string, args: readonly string[], { stdin, stdout, stderr }: Stdio): number {
    const { O_RDWR, O_WRONLY, O_RDONLY, O_NONBLOCK } = constants;
    const keeper = stdin === "" ? undefined : openSync(stdin, O_RDWR | O_NONBLOCK);
    // Not the keeper itself, which does not block; this open need not wait, as the keeper has the FIFO open for writing.
    const input = stdin === "" ? openSync("/dev/null", O_RDONLY) : openSync(stdin, O_RDONLY);
    const writer = stdin === "" ? undefined : openSync(stdin, O_WRONLY | O_NONBLOCK);
    if (keeper !== undefined) closeSync(keeper);
    const [out, err] = [stdout, stderr].map((path) => openSync(path === "" ? "/dev/null" : path, O_RDWR));
    const [file = "true", ...rest] = args;
    const child = spawn(file, rest, { stdio: [input, out, err] });
    for (const fd of [input, out, err]) if (fd !== undefined) closeSync(fd);
    this.#processes.get(id)?.set(name, { child, stdin: writer, args });
    this.emit(name === "init" ? { type: "start-container", id } : { type: "start-process", id, pid: name });
    child.on("exit", (code, signal) => {
      const status = code ?? 128 + (signalNumber(signal ?? "") ?? 0);
      if (name === "init") this.#processes.delete(id);
      else this.#processes.get(id)?.delete(name);
      this.emit({ type: "exit", id, pid: name, status });
    });
    return child.pid ?? 0;
  }

  #state(id: string): unknown {
    if (id !== "") this.#process(id, "init");
    const containers = [...this.#processes]
      .filter(([one]) => id === "" || one === id)
      .map(([one, processes]) => ({
        id: one,
        bundlePath: "/bundle",
        status: "running",
        runtime: "runc",
        processes: [...processes].map(([pid, { child, args }]) => ({
          pid,
          args,
          systemPid: child.pid ?? 0,
          env: ["PATH=/bin", "HOME=/root"],
          cwd: "/",
        })),
      }));
    return { containers, machine: { cpus: 2, memory: 2048n } };
  }

  #process(id: string, name: string): Running {
    const processes = this.#processes.get(id);
    if (processes === undefined) throw new Refusal(status.NOT_FOUND, "containerd: container not found");
    const process = processes.get(name);
    if (process === undefined)
      throw new Refusal(status.NOT_FOUND, "containerd: process not found for container");
    return process;
  }
}
