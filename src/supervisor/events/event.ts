/** 0.2.x's types; "live" is its name for what a subscriber is told when the replay is over, and is never sent. */
export type EventType = "start-container" | "start-process" | "exit" | "pause" | "resume" | "oom" | "live";

/** What happened to a container, before the log has given it a time. */
export interface NewEvent {
  readonly type: EventType;
  readonly id: string;
  /** The process's name: "init", or an exec's; empty where the event is the container's. */
  readonly pid: string;
  /** An exit's: 0–255, or 128 + the signal's number. */
  readonly status: number;
  /** Which life of the id it belongs to. Not on the wire: a restarted daemon knows by it what has been told already. */
  readonly instance: string;
}

export interface Event extends NewEvent {
  /** ns since 1970; strictly increasing, over all of the log's life. */
  readonly timestamp: bigint;
}
