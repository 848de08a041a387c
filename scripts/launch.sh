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

# Whether the bundle of $part is there and no source is newer (a folder is, where a file came or went).
bundled() {
  [ -f "$root/dist/$part.cjs" ] || return 1
  [ -d "$root/src" ] || return 0
  [ -z "$(find "$root/src" "$root/package-lock.json" -newer "$root/dist/$part.cjs" -print -quit)" ]
}

launch() {
  part=$1
  shift
  find_node
  if bundled; then main=$root/dist/$part.cjs; else main=$root/src/$part/main.ts; fi
  case $part in
    # A command is over before a collection pays for itself.
    ctr) flag=--min-semi-space-size=16 ;;
    # The daemon and the shim live long with little garbage: a small young generation keeps them small.
    daemon) flag=--max-semi-space-size=2 ;;
    # SIGUSR1 would make Node listen for a debugger, to which every user of the machine may speak. (The daemon has a
    # use for the signal, which this flag would block.)
    *) flag="--max-semi-space-size=2 --disable-sigusr1" ;;
  esac
  exec "$node" --disable-warning=ExperimentalWarning $flag "$main" "$@"
}
