/**
 * What is meant for daemon or shim alone. NOTIFY_SOCKET would make runc tell systemd that the daemon's unit is ready, and wait for the
 * container's own word on it (runc's notify_socket.go); LISTEN_*, that it was given sockets.
 */
const ours =
  /^(NOTIFY_SOCKET|LISTEN_\w+|WATCHDOG_\w+|NODE_\w+|INVOCATION_ID|JOURNAL_STREAM|CONTAINERD_TS_\w+)$/;

/** The environment of runtimes, and of their hooks: the shim's own without what is no business of theirs. */
export function runtimeEnvironment(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env)
    .filter(([name, value]) => value !== undefined && !ours.test(name))
    .map(([name, value]) => `${name}=${value}`);
}
