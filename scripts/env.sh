# Sourced by the other scripts: goes to the project's root, sets up where needed, and puts the project's Node
# and the tools of node_modules first in PATH.
set -eu
root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
cd "$root"
sh scripts/setup
. scripts/launch.sh
find_node
PATH=$root/node_modules/.bin:$(dirname -- "$node"):$PATH
# The condition makes `import "containerd-ts"` mean src/client here: see "exports" in package.json.
NODE_OPTIONS="${NODE_OPTIONS:-} --disable-warning=ExperimentalWarning --conditions=containerd-ts-source"
export PATH NODE_OPTIONS
