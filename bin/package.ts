import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { OwnPackage, ServeOptions, Serving } from "../engine/index.js";

/** What `sdk/dynamic.ts` writes into `__provider`. */
const CODE = /^exports\.handler=\(\)=>import\("pulumi-hostnet\/provider"\)\.then\(m=>m\.(\w+)\)$/;

/**
 * The resources of this package, served in the engine's process. Their code is that of the release
 * that the program uses, as in Pulumi's provider process.
 */
export const hostnet: OwnPackage = {
  handlerOf: (code) => CODE.exec(code)?.[1],
  async serve({ folder, ...options }) {
    const path = createRequire(join(folder, "index.js")).resolve("pulumi-hostnet/provider");
    const code = (await import(pathToFileURL(path).href)) as {
      serve(options: Omit<ServeOptions, "folder">): Serving;
    };
    return code.serve(options);
  },
};
