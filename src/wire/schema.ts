/**
 * types.API, containerd_ts.streams.v1 and grpc.health.v1 as the client reads and writes them: fields as name number type. The descriptors that protoc-gen-es
 * generates say the same, but cost a program 16 ms at its start, which is most of a `ctr version`. A test holds this against them.
 */
const messages: Readonly<Record<string, string>> = {
  GetServerVersionRequest: "",
  GetServerVersionResponse: "major 1 uint32, minor 2 uint32, patch 3 uint32, revision 4 string",
  UpdateProcessRequest: "id 1 string, pid 2 string, closeStdin 3 bool, width 4 uint32, height 5 uint32",
  UpdateProcessResponse: "",
  CreateContainerRequest:
    "id 1 string, bundlePath 2 string, checkpoint 3 string, stdin 4 string, stdout 5 string, stderr 6 string, labels 7 string[], noPivotRoot 8 bool, runtime 9 string, runtimeArgs 10 string[], checkpointDir 11 string",
  CreateContainerResponse: "container 1 Container",
  SignalRequest: "id 1 string, pid 2 string, signal 3 uint32",
  SignalResponse: "",
  AddProcessRequest:
    "id 1 string, terminal 2 bool, user 3 User, args 4 string[], env 5 string[], cwd 6 string, pid 7 string, stdin 8 string, stdout 9 string, stderr 10 string, capabilities 11 string[], apparmorProfile 12 string, selinuxLabel 13 string, noNewPrivileges 14 bool, rlimits 15 Rlimit[]",
  Rlimit: "type 1 string, soft 2 uint64, hard 3 uint64",
  User: "uid 1 uint32, gid 2 uint32, additionalGids 3 uint32[]",
  AddProcessResponse: "systemPid 1 uint32",
  CreateCheckpointRequest: "id 1 string, checkpoint 2 Checkpoint, checkpointDir 3 string",
  CreateCheckpointResponse: "",
  DeleteCheckpointRequest: "id 1 string, name 2 string, checkpointDir 3 string",
  DeleteCheckpointResponse: "",
  ListCheckpointRequest: "id 1 string, checkpointDir 2 string",
  Checkpoint: "name 1 string, exit 2 bool, tcp 3 bool, unixSockets 4 bool, shell 5 bool, emptyNS 6 string[]",
  ListCheckpointResponse: "checkpoints 1 Checkpoint[]",
  StateRequest: "id 1 string",
  Process:
    "pid 1 string, terminal 2 bool, user 3 User, args 4 string[], env 5 string[], cwd 6 string, systemPid 7 uint32, stdin 8 string, stdout 9 string, stderr 10 string, capabilities 11 string[], apparmorProfile 12 string, selinuxLabel 13 string, noNewPrivileges 14 bool, rlimits 15 Rlimit[]",
  Container:
    "id 1 string, bundlePath 2 string, processes 3 Process[], status 4 string, labels 5 string[], pids 6 uint32[], runtime 7 string",
  Machine: "cpus 1 uint32, memory 2 uint64",
  StateResponse: "containers 1 Container[], machine 2 Machine",
  UpdateContainerRequest: "id 1 string, pid 2 string, status 3 string, resources 4 UpdateResource",
  UpdateResource:
    "blkioWeight 1 uint64, cpuShares 2 uint64, cpuPeriod 3 uint64, cpuQuota 4 uint64, cpusetCpus 5 string, cpusetMems 6 string, memoryLimit 7 uint64, memorySwap 8 uint64, memoryReservation 9 uint64, kernelMemoryLimit 10 uint64, kernelTCPMemoryLimit 11 uint64, blkioLeafWeight 12 uint64, blkioWeightDevice 13 WeightDevice[], blkioThrottleReadBpsDevice 14 ThrottleDevice[], blkioThrottleWriteBpsDevice 15 ThrottleDevice[], blkioThrottleReadIopsDevice 16 ThrottleDevice[], blkioThrottleWriteIopsDevice 17 ThrottleDevice[], pidsLimit 18 uint64",
  BlockIODevice: "major 1 int64, minor 2 int64",
  WeightDevice: "blkIODevice 1 BlockIODevice, weight 2 uint32, leafWeight 3 uint32",
  ThrottleDevice: "blkIODevice 1 BlockIODevice, rate 2 uint64",
  UpdateContainerResponse: "",
  EventsRequest: "timestamp 2 Timestamp, storedOnly 3 bool, id 4 string",
  Event: "type 1 string, id 2 string, status 3 uint32, pid 4 string, timestamp 6 Timestamp",
  Timestamp: "seconds 1 int64, nanos 2 int32",
  NetworkStats:
    "name 1 string, rx_bytes 2 uint64, rx_Packets 3 uint64, Rx_errors 4 uint64, Rx_dropped 5 uint64, Tx_bytes 6 uint64, Tx_packets 7 uint64, Tx_errors 8 uint64, Tx_dropped 9 uint64",
  CpuUsage:
    "total_usage 1 uint64, percpu_usage 2 uint64[], usage_in_kernelmode 3 uint64, usage_in_usermode 4 uint64",
  ThrottlingData: "periods 1 uint64, throttled_periods 2 uint64, throttled_time 3 uint64",
  CpuStats: "cpu_usage 1 CpuUsage, throttling_data 2 ThrottlingData, system_usage 3 uint64",
  PidsStats: "current 1 uint64, limit 2 uint64",
  MemoryData: "usage 1 uint64, max_usage 2 uint64, failcnt 3 uint64, limit 4 uint64",
  MemoryStats:
    "cache 1 uint64, usage 2 MemoryData, swap_usage 3 MemoryData, kernel_usage 4 MemoryData, stats 5 uint64{}",
  BlkioStatsEntry: "major 1 uint64, minor 2 uint64, op 3 string, value 4 uint64",
  BlkioStats:
    "io_service_bytes_recursive 1 BlkioStatsEntry[], io_serviced_recursive 2 BlkioStatsEntry[], io_queued_recursive 3 BlkioStatsEntry[], io_service_time_recursive 4 BlkioStatsEntry[], io_wait_time_recursive 5 BlkioStatsEntry[], io_merged_recursive 6 BlkioStatsEntry[], io_time_recursive 7 BlkioStatsEntry[], sectors_recursive 8 BlkioStatsEntry[]",
  HugetlbStats: "usage 1 uint64, max_usage 2 uint64, failcnt 3 uint64, limit 4 uint64",
  CgroupStats:
    "cpu_stats 1 CpuStats, memory_stats 2 MemoryStats, blkio_stats 3 BlkioStats, hugetlb_stats 4 HugetlbStats{}, pids_stats 5 PidsStats",
  StatsResponse: "network_stats 1 NetworkStats[], cgroup_stats 2 CgroupStats, timestamp 4 Timestamp",
  StatsRequest: "id 1 string",
  LogsRequest: "id 1 string, follow 2 bool, since 3 string, tail 4 int32",
  LogsResponse: "records 1 LogRecord[]",
  LogRecord: "time 1 string, stream 2 string, log 3 string",
  HealthCheckRequest: "service 1 string",
  HealthCheckResponse: "status 1 int32",
};

export type Scalar = "string" | "bool" | "uint32" | "int32" | "uint64" | "int64";

/** One field of a message. */
export interface Field {
  /** On the wire. */
  readonly number: number;
  /** In proto/. */
  readonly name: string;
  /** As a property, which is how protoc-gen-es names it. */
  readonly key: string;
  /** A scalar, or another message's name. */
  readonly type: string;
  /** "{}" is a map from strings. */
  readonly shape: "" | "[]" | "{}";
}

const parsed = new Map<string, readonly Field[]>();

/** A message's fields, in the order of proto/. */
export function fieldsOf(message: string): readonly Field[] {
  const known = parsed.get(message);
  if (known !== undefined) return known;
  const text = messages[message];
  if (text === undefined) throw new Error(`no message is named ${message}`);
  const fields = text === "" ? [] : text.split(", ").map(fieldOf);
  parsed.set(message, fields);
  return fields;
}

export function isScalar(type: string): type is Scalar {
  const first = type.charAt(0);
  return first === first.toLowerCase();
}

/** The names of all messages. */
export const messageNames: readonly string[] = Object.keys(messages);

function fieldOf(text: string): Field {
  const [name = "", number, typeAndShape = ""] = text.split(" ");
  const shape = /(\[\]|\{\})?$/.exec(typeAndShape)?.[0] ?? "";
  return {
    number: Number(number),
    name,
    key: name.replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase()),
    type: typeAndShape.slice(0, typeAndShape.length - shape.length),
    shape: shape as Field["shape"],
  };
}
