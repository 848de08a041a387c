/** Where `ctr run` keeps what it makes, unless $CTR_BUNDLES says otherwise. */
export const bundlesRoot = process.env["CTR_BUNDLES"] ?? "/var/lib/ctr";

/** Where the daemon keeps logs (its --log-dir), unless $CONTAINERD_LOG_DIR says otherwise. */
export const logsRoot = process.env["CONTAINERD_LOG_DIR"] ?? "/var/log/containerd-ts";
