# Sourced by bin/*, which set $root first: `launch PART ARG…` becomes the program src/PART/main.ts.
# Every millisecond here is part of each `ctr`, so nothing is forked on the common way.

# Sets $node. In a checkout it is what scripts/setup found or installed; in an installed package, the host's.
find_node() {
  node=
  if [ -d "$root/src" ]; then
    if [ -r "$root/node_modules/.setup" ]; then read -r node <"$root/node_modules/.setup"; fi
    # A path within the checkout is relative, so that the checkout can be moved.
    case $node in tools/*) node=$root/$node ;; esac
    if [ ! -x "$node" ]; then
      echo 'containerd-ts is not set up: run `npm run setup` first' >&2
      exit 1
    fi
  else
    node=node
  fi
}

launch() {
  part=$1
  shift
  find_node
  flags=--disable-warning=ExperimentalWarning
  # The daemon and the shim live long with little garbage: a small young generation keeps them small.
  if [ "$part" != ctr ]; then flags="$flags --max-semi-space-size=2"; fi
  # shellcheck disable=SC2086 # the flags are words
  exec "$node" $flags "$root/src/$part/main.ts" "$@"
}
