/** What systemd told this process through its environment (sd_listen_fds(3), sd_notify(3)). */
export interface Systemd {
  /** How many sockets it opened for us, from descriptor 3 on. */
  readonly sockets: number;
  /** Where it wants to hear that we are ready; undefined: nowhere. */
  readonly notify: string | undefined;
}

/**
 * Reads the variables and takes them out of the environment: they are this process's, and runc, which inherits the rest, would
 * take NOTIFY_SOCKET for its container's.
 */
export function takeSystemdEnvironment(environment: NodeJS.ProcessEnv, pid: number): Systemd {
  const { LISTEN_PID, LISTEN_FDS, NOTIFY_SOCKET } = environment;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET"])
    delete environment[name];
  const ours = LISTEN_PID === undefined || Number(LISTEN_PID) === pid;
  const count = /^\d{1,6}$/.test(LISTEN_FDS ?? "") ? Number(LISTEN_FDS) : 0;
  return { sockets: ours ? count : 0, notify: NOTIFY_SOCKET || undefined };
}
