import { Failure } from "../base/errors.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from "../gen/grpc/health/v1/health_pb.js";
import { Streams } from "../gen/streams/v1/streams_pb.ts";
import { API } from "../gen/types/api_pb.ts";
import { addStreaming, addUnary, encode, type Registration } from "./service.ts";

const { SERVING, SERVICE_UNKNOWN } = HealthCheckResponse_ServingStatus;

/**
 * grpc.health.v1.Health: SERVING from the moment that the socket listens. Docker Engine asks every half second, and kills and
 * restarts a containerd of its own after three failures, so a restore that takes long must not look like one.
 */
export function addHealth(to: Registration): void {
  addUnary(to, Health.method.check, async ({ service }) => {
    if (!isOurs(service)) throw new Failure("NOT_FOUND", `unknown service "${service}"`);
    return { status: SERVING };
  });
  addStreaming(to, Health.method.watch, async function* ({ service }, signal) {
    // A watch of an unknown service goes on too, should it come (health.proto).
    yield encode(HealthCheckResponseSchema, { status: isOurs(service) ? SERVING : SERVICE_UNKNOWN });
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
  });
}

const isOurs = (service: string): boolean =>
  service === "" || [API, Streams, Health].some(({ typeName }) => typeName === service);
