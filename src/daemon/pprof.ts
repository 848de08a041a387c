import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Session } from "node:inspector/promises";
import { pipeline } from "node:stream/promises";
import { getHeapSnapshot } from "node:v8";
import { messageOf } from "../base/errors.ts";
import { isLoopback } from "./listen-address.ts";
import type { HostPort } from "./options.ts";

const longestProfile = 300;
const usage = `/debug/pprof/profile?seconds=30   CPU profile (.cpuprofile)
/debug/pprof/heap                 heap snapshot (.heapsnapshot)
Chrome's developer tools open both.
`;

/** Serves CPU profiles and heap snapshots over HTTP, on the paths that containerd 0.2.x's Go has them. */
export async function servePprof({ host, port }: HostPort): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(`${messageOf(error)}\n`);
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  server.unref();
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  // A browser can be made to ask loopback by a page whose name resolves to it; then the name is in the request.
  const host = new URL(`http://${request.headers.host ?? "localhost"}`).hostname.replace(/^\[|\]$/g, "");
  if (!isLoopback(host)) {
    response.writeHead(403).end("for this machine only\n");
  } else if (url.pathname === "/debug/pprof/profile") {
    const seconds = Number(url.searchParams.get("seconds") ?? 30);
    if (!(seconds > 0 && seconds <= longestProfile)) {
      response.writeHead(400).end(`seconds: expected a number up to ${longestProfile}\n`);
      return;
    }
    const profile = await cpuProfile(seconds, response);
    attach(response, "containerd.cpuprofile").end(JSON.stringify(profile));
  } else if (url.pathname === "/debug/pprof/heap") {
    await pipeline(getHeapSnapshot(), attach(response, "containerd.heapsnapshot"));
  } else if (/^\/(debug\/pprof\/?)?$/.test(url.pathname)) {
    response.end(usage);
  } else {
    response.writeHead(404).end(usage);
  }
}

function attach(response: ServerResponse, name: string): ServerResponse {
  return response.writeHead(200, {
    "content-type": "application/json",
    "content-disposition": `attachment; filename="${name}"`,
  });
}

/** Profiles this process, until the time is over or the client has gone. */
async function cpuProfile(seconds: number, response: ServerResponse): Promise<unknown> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      response.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    return (await session.post("Profiler.stop")).profile;
  } finally {
    session.disconnect();
  }
}
