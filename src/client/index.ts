// The SDK: what the package containerd-ts exports.
export { defaultAddress } from "./address.ts";
export type { CallOptions } from "./call.ts";
export type { Checkpoint, CheckpointOptions, Checkpoints } from "./checkpoints.ts";
export { Client, type ConnectOptions, connect } from "./client.ts";
export type { TlsOptions } from "./connecting.ts";
export {
  Container,
  type ExecOptions,
  type ProcessOptions,
  type SpawnOptions,
  StartedContainer,
} from "./container.ts";
export type { Containers, StartOptions } from "./containers.ts";
export * from "./errors.ts";
export type { ContainerEvent, EventsOptions, EventType } from "./events.ts";
export { ExecError, type ExecResult } from "./exec.ts";
export type { Exit } from "./exit.ts";
export type { LogRecord, LogsOptions } from "./logs.ts";
export type { ContainerProcess, Size, Stdio, StdioOptions } from "./process.ts";
export type { DeviceRate, DeviceWeight, Resources } from "./resources.ts";
export type { Signal } from "./signals.ts";
export type {
  BlkioEntry,
  BlkioStats,
  CpuStats,
  MemoryStats,
  MemoryUse,
  NetworkStats,
  Stats,
  TrafficStats,
} from "./stats.ts";
export { type Since, timeText } from "./time.ts";
export type { ContainerInfo, Machine, ProcessInfo, Rlimit, User, Version } from "./views.ts";
