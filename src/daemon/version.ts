import packageJson from "../../package.json" with { type: "json" };

/** The version of this software. That of the interface, 0.2.x, is GetServerVersion's. */
export const version: string = packageJson.version;
