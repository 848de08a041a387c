# Sourced by the other scripts: goes to the project's root, sets up where needed, and puts the project's Node
# and the tools of node_modules first in PATH.
set -eu
root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
cd "$root"
sh scripts/setup
. scripts/launch.sh
find_node
PATH=$root/node_modules/.bin:$(dirname -- "$node"):$PATH
NODE_OPTIONS="${NODE_OPTIONS:-} --disable-warning=ExperimentalWarning"
export PATH NODE_OPTIONS
