/**
 * What daemon and shim say to each other on the shim's socket: one JSON object a line, the daemon asks, the shim answers in any order,
 * and pushes exits. docs/SHIM.md is the contract. Numbers that may pass 2^53 travel as decimal strings; fields that one side does not
 * know are ignored, so that a field may be added without a new version.
 */
import type { Code } from "../base/errors.ts";

/** What this program speaks. It grows when an older side could no longer understand what is said. */
export const PROTOCOL_VERSION = 1;
/** The oldest that it still speaks. */
export const OLDEST_VERSION = 1;

/** A request is at most so long, in characters; answers have no bound (list grows with the processes). */
export const LONGEST_REQUEST = 1 << 20;

/** Which process: a container's id, and the process's name in it ("init", or what an exec was called). */
export interface ProcessKey {
  readonly container: string;
  readonly process: string;
}

/**
 * Descriptors (numbers in the shim, or in the daemon where it asks to adopt) without which a process would notice that its shim died:
 * the daemon keeps duplicates.
 */
export interface Held {
  /** The pty's master: closed, the kernel hangs up the terminal. */
  readonly terminal?: number;
  /** Where a terminal's input is read from. */
  readonly stdin?: number;
  /** The write end that keeps stdin open until it is to be closed. */
  readonly stdinWriter?: number;
  /** Where a terminal's output is written to. */
  readonly stdout?: number;
}

export interface LaunchRequest extends ProcessKey {
  readonly bundle: string;
  /** The runtime's name or path; its arguments are in process.json. */
  readonly runtime: string;
  /** The process's directory, where process.json is. */
  readonly directory: string;
}

export interface LaunchAnswer {
  readonly pid: number;
  /** Decimal. "0": it ended before it could be looked at; its exit has been pushed or will be. */
  readonly startTime: string;
  readonly held: Held;
}

export interface ResizeRequest extends ProcessKey {
  /** Columns and rows. */
  readonly width: number;
  readonly height: number;
}

export interface AckRequest extends ProcessKey {
  readonly pid: number;
}

export interface AdoptRequest extends ProcessKey {
  readonly directory: string;
  readonly pid: number;
  readonly startTime: string;
  /** Whose descriptors `held` names. */
  readonly daemonPid: number;
  readonly held: Held;
}

export type ListedProcess = ProcessKey & { readonly directory: string } & (
    | { readonly state: "launching" }
    | {
        readonly state: "running";
        readonly pid: number;
        readonly startTime: string;
        readonly held: Held;
        /** Another shim launched it: its end is the daemon's to find out. */
        readonly adopted?: true;
      }
    /** Not acknowledged yet. */
    | { readonly state: "ended"; readonly pid: number; readonly status: number; readonly at: string }
  );

export interface Nothing {
  readonly [none: string]: never;
}

interface Method<Ask, Answer> {
  readonly ask: Ask;
  readonly answer: Answer;
}

export interface Methods {
  /** First on each connection, with the newest version that the daemon speaks; the answer's is the one that both use. */
  readonly hello: Method<
    { readonly version: number; readonly daemonPid: number },
    { readonly version: number; readonly pid: number; readonly name: string }
  >;
  /** Starts, executes or restores; answers when the process runs, or the runtime failed. */
  readonly launch: Method<LaunchRequest, LaunchAnswer>;
  /** Ends a launch under way, whose answer is then CANCELLED; answers when nothing is left of it. Nothing under way is no error. */
  readonly abort: Method<ProcessKey, Nothing>;
  /** Without effect where there is no terminal. */
  readonly resize: Method<ResizeRequest, Nothing>;
  readonly closeStdin: Method<ProcessKey, Nothing>;
  readonly list: Method<Nothing, { readonly processes: readonly ListedProcess[] }>;
  /** The exit is in the event log: the shim forgets the process. */
  readonly ack: Method<AckRequest, Nothing>;
  /** Terminal and stdin of a process whose shim died; how it ends is the daemon's to find out. */
  readonly adopt: Method<AdoptRequest, { readonly held: Held }>;
}

export type MethodName = keyof Methods;

/** A line from the daemon. */
export type Request = {
  readonly [Name in MethodName]: { readonly seq: number; readonly method: Name } & Methods[Name]["ask"];
}[MethodName];

/** Told after the exit record was written, and again on each new connection until it is acknowledged. */
export interface ExitPush extends ProcessKey {
  readonly push: "exit";
  readonly pid: number;
  readonly status: number;
  /** ns since 1970, decimal. */
  readonly at: string;
}

export interface WireError {
  readonly code: Code;
  readonly message: string;
}

/** A line from the shim. */
export type Reply =
  | { readonly seq: number; readonly ok: Methods[MethodName]["answer"] }
  | { readonly seq: number; readonly error: WireError }
  | ExitPush;
