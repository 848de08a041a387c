import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { licencesOf, packageOf } from "./licences.ts";

test("the package of a bundled file is its innermost folder under node_modules", () => {
  assert.equal(packageOf("node_modules/pino/lib/a.js"), "node_modules/pino");
  assert.equal(packageOf("node_modules/@grpc/grpc-js/build/x.js"), "node_modules/@grpc/grpc-js");
  assert.equal(packageOf("node_modules/a/node_modules/b/c.js"), "node_modules/a/node_modules/b");
  assert.equal(packageOf("src/ctr/main.ts"), undefined);
});

test("each package is named once, with its licence", () => {
  const root = path.join(import.meta.dirname, "..");
  const text = licencesOf(root, ["node_modules/commander/a.js", "node_modules/commander/b.js", "src/x.ts"]);
  assert.equal(text.match(/^commander .* \(MIT\)$/gm)?.length, 1);
  assert.match(text, /Permission is hereby granted/);
});
