import assert from "node:assert/strict";
import { test } from "node:test";
import { Cgroups, findCgroups, parseProcessCgroups } from "./cgroups.ts";
import { parseHierarchies } from "./hierarchies.ts";

const v1 = [
  "25 20 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755",
  "26 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct",
  "27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
  "28 25 0:25 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
].join("\n");
const hybrid = `${v1}\n29 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`;
const v2 = "30 20 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

function cgroups(mountinfo: string, processCgroup: string): Cgroups {
  return new Cgroups(parseHierarchies(mountinfo), parseProcessCgroups(processCgroup));
}

test("v1: each controller's directory is in its own hierarchy, shared ones included", () => {
  const found = cgroups(v1, "3:cpu,cpuacct:/box\n2:memory:/other/box\n1:name=systemd:/box\n");
  assert.equal(found.isV2, false);
  assert.equal(found.directory("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/box");
  assert.equal(found.directory("memory"), "/sys/fs/cgroup/memory/other/box");
  assert.equal(found.directory("name=systemd"), "/sys/fs/cgroup/systemd/box");
  assert.equal(found.directory("hugetlb"), undefined);
});

test("hybrid: v1 has the memory, and the unified hierarchy is there beside it", () => {
  const found = cgroups(hybrid, "2:memory:/box\n0::/system/box\n");
  assert.equal(found.isV2, false);
  assert.equal(found.directory("unified"), "/sys/fs/cgroup/unified/system/box");
});

test("v2: there is one directory", () => {
  const found = cgroups(v2, "0::/system.slice/box.scope\n");
  assert.equal(found.isV2, true);
  assert.equal(found.processes, "/sys/fs/cgroup/system.slice/box.scope");
});

test("in a container a hierarchy's mount point is somewhere below its root", () => {
  const mounted = "27 25 0:24 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
  assert.equal(cgroups(mounted, "2:memory:/docker/abc/box").directory("memory"), "/sys/fs/cgroup/memory/box");
  assert.equal(cgroups(mounted, "2:memory:/docker/abc").directory("memory"), "/sys/fs/cgroup/memory");
  assert.equal(
    cgroups(mounted, "2:memory:/docker/abcd").directory("memory"),
    "/sys/fs/cgroup/memory/docker/abcd",
  );
});

test("a mount point may have spaces, and a path colons", () => {
  const mounted = "27 25 0:24 / /mnt/a\\040b rw - cgroup cgroup rw,memory";
  assert.equal(cgroups(mounted, "2:memory:/a:b:c").directory("memory"), "/mnt/a b/a:b:c");
});

test("a process in the daemon's own cgroups has none that are a container's", () => {
  assert.equal(findCgroups(process.ppid), undefined);
});
