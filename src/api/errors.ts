import type { StatusObject } from "@grpc/grpc-js";
import { fromErrno } from "../base/errno.ts";
import { errnoOf, Failure, messageOf } from "../base/errors.ts";
import { statusNumber } from "../wire/status.ts";

/** C-core takes 16 KiB of trailers at most, and percent-encoding can treble a text. */
const longestDetails = 4096;

/**
 * What a client is told of an error: a Failure's own code, and its text unchanged, for clients match parts of it
 * ("containerd: container not found", "oci runtime error: …").
 */
export function statusOf(error: unknown): Pick<StatusObject, "code" | "details"> {
  const failure = failureOf(error);
  return { code: statusNumber(failure.code), details: bounded(failure.message) };
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const text = messageOf(error);
  const code = errnoOf(error) === undefined ? "UNKNOWN" : fromErrno(error, text).code;
  return new Failure(code, text, { cause: error });
}

/** Both ends of a long text tell more than its first half. A lone surrogate cannot be percent-encoded. */
function bounded(text: string): string {
  const formed = text.toWellFormed();
  if (formed.length <= longestDetails) return formed;
  return `${formed.slice(0, longestDetails / 2)} … ${formed.slice(-longestDetails / 2)}`.toWellFormed();
}
