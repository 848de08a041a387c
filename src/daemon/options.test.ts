import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Options, parseOptions, UsageError } from "./options.ts";

function options(...argv: string[]): Options {
  const parsed = parseOptions(argv);
  assert.ok(!("text" in parsed));
  return parsed;
}

test("without flags the daemon is containerd 0.2.x's, at its usual places", () => {
  assert.deepEqual(options(), {
    level: "info",
    stateDir: "/run/containerd",
    listen: { kind: "unix", path: "/run/containerd/containerd.sock" },
    runtime: "runc",
    runtimeArgs: [],
    shim: "containerd-shim",
    shimPerContainer: false,
    startTimeout: 30_000,
    startWorkers: 10,
    retainCount: 500,
    logs: { driver: "none", directory: "/var/log/containerd-ts", maxSize: 10 << 20, maxFiles: 3 },
    metricsInterval: 300_000,
    graphite: undefined,
    metrics: undefined,
    pprof: undefined,
    group: undefined,
    tls: undefined,
  });
});

test("Docker Engine's command line is understood", () => {
  const docker =
    "-l unix:///var/run/docker/libcontainerd/docker-containerd.sock --metrics-interval=0 --start-timeout 2m " +
    "--state-dir /var/run/docker/libcontainerd/containerd --shim docker-containerd-shim --runtime docker-runc " +
    "--debug --runtime-args --debug --runtime-args=--root=/x";
  const parsed = options(...docker.split(" "));
  assert.deepEqual(parsed.listen, {
    kind: "unix",
    path: "/var/run/docker/libcontainerd/docker-containerd.sock",
  });
  assert.equal(parsed.metricsInterval, 0);
  assert.equal(parsed.startTimeout, 120_000);
  assert.equal(parsed.stateDir, "/var/run/docker/libcontainerd/containerd");
  assert.equal(parsed.shim, "docker-containerd-shim");
  assert.equal(parsed.runtime, "docker-runc");
  assert.equal(parsed.level, "debug");
  assert.deepEqual(parsed.runtimeArgs, ["--debug", "--root=/x"]);
});

test("flags may have one dash and switches a value, as Go's may", () => {
  const parsed = options("-state-dir=/s", "-debug=true", "--shim-per-container=false", "-l=/a.sock");
  assert.equal(parsed.stateDir, "/s");
  assert.equal(parsed.level, "debug");
  assert.equal(parsed.shimPerContainer, false);
  assert.deepEqual(parsed.listen, { kind: "unix", path: "/a.sock" });
});

test("help and version are told, not run", () => {
  const help = parseOptions(["--help"]);
  assert.ok("text" in help && help.text.includes("--start-timeout"));
  const version = parseOptions(["--version"]);
  assert.ok("text" in version && /^\d+\.\d+\.\d+/.test(version.text));
});

test("any address of loopback may go without TLS, and any with clients' certificates", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"]) {
    assert.equal(options("--listen", `tcp://${host}:0`).listen.kind, "tcp");
  }
  const tls = ["--tls-cert", "c", "--tls-key", "k", "--tls-ca", "a"];
  assert.equal(options("--listen", "tcp://0.0.0.0:1", ...tls).listen.kind, "tcp");
});

describe("what cannot be is refused with one sentence", () => {
  const refused: Record<string, RegExp> = {
    "--nonsense": /unknown option '--nonsense'/,
    "extra words": /too many arguments/,
    "--listen": /argument missing/,
    "--listen ftp://x": /cannot listen on "ftp:\/\/x": expected unix:\/\/PATH, tcp:\/\/HOST:PORT or fd:\/\//,
    "--listen nonsense": /cannot listen on "nonsense"/,
    "--listen unix://": /path is missing/,
    "--listen tcp://1.2.3.4": /expected tcp:\/\/HOST:PORT/,
    "--listen tcp://1.2.3.4:99999": /port from 0 to 65535/,
    "--listen tcp://1.2.3.4:80": /without --tls-cert, --tls-key and --tls-ca/,
    "--listen tcp://:80": /without --tls-cert/,
    "--listen tcp://0.0.0.0:80 --tls-cert c --tls-key k": /without --tls-cert, --tls-key and --tls-ca/,
    "--listen fd://1": /N from 3 up/,
    "--tls-cert c": /--tls-key is missing/,
    "--tls-cert c --tls-key k": /--listen names a Unix socket/,
    "--start-timeout 0": /It must be above 0/,
    "--start-timeout soon": /Expected a duration/,
    "--start-workers 0": /whole number from 1 up/,
    "--retain-count -1": /whole number from 0 up/,
    "--log-level loud": /Expected debug, info, warn or error/,
    "--pprof-address 0.0.0.0:6060": /must be of the loopback interface/,
    "--graphite-address here": /Expected HOST:PORT/,
    "--listen tcp://127.0.0.1:1 --group docker": /--group is for a Unix socket/,
    [`--listen unix:///${"x".repeat(107)}`]: /has 108 bytes, and a Unix socket's has 107 at most/,
  };
  for (const [line, wanted] of Object.entries(refused)) {
    test(line.slice(0, 60), () => {
      assert.throws(
        () => parseOptions(line.split(" ")),
        (error: unknown) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, wanted);
          assert.doesNotMatch(error.message, /\n|^error/);
          return true;
        },
      );
    });
  }
});
