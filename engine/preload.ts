import { quickStructs } from "../system/quick-structs.js";
import type { Sdk } from "./sdk.js";

/**
 * Code that a Node process runs before its script, for `--import`: a CommonJS module without a
 * file, with `load` for `import`. It is compiled under a name, since a stack trace shows a data:
 * URL as a whole.
 */
export const preload = (name: string, text: string) => {
  const code = JSON.stringify(`(require, load) => {${text}}`);
  return `data:text/javascript,${encodeURIComponent(`
import { createRequire } from "node:module";
import { Script } from "node:vm";
const preload = new Script(${code}, { filename: "pulumi-hostnet/${name}" }).runInThisContext();
preload(createRequire(process.cwd() + "/"), (url) => import(url));
`)}`;
};

/**
 * The SDK prints an error of a program with `util.inspect` in colours. For some stacks that takes
 * Node 20 half a minute and gigabytes (pulumi/pulumi#20567). A diagnostic needs no colours.
 */
export const PLAIN_ERRORS = preload(
  "plain-errors",
  `
const util = require("node:util");
const inspect = util.inspect;
const plain = (value, options, ...rest) =>
  inspect(value, value instanceof Error && options?.colors ? { ...options, colors: false } : options, ...rest);
util.inspect = Object.defineProperties(plain, Object.getOwnPropertyDescriptors(inspect));
`,
);

/**
 * Helpers for files of the SDK: the path within it, without its ending, wherever it is installed;
 * and a hook between resolving and loading a file. So no frame of ours is on the stack while a
 * program's own files run, and none in what it throws.
 */
export const SDK_FILES = String.raw`
const Module = require("node:module");
const inSdk = (path) => /@pulumi.pulumi.([\w/-]+)\.js$/.exec(path ?? "")?.[1];
const find = Module._resolveFilename;
const found = (look) => {
  Module._resolveFilename = function (name, parent, ...rest) {
    let path;
    try {
      path = find.call(this, name, parent, ...rest);
    } catch (error) {
      // Only files of ours, which have no folder. This package's files, and all in a folder of its
      // name, stay visible.
      if (typeof error?.stack === "string")
        error.stack = error.stack
          .replace(/\.<anonymous>( \(node:.*\)\n +at .*\(pulumi-hostnet\/[\w-]+:\d+:\d+\)\n)/, "._resolveFilename$1")
          .replaceAll(/^ +at .*\(pulumi-hostnet\/[\w-]+:\d+:\d+\)\n/gm, "");
      throw error;
    }
    return look(path, name, parent);
  };
};
`;

/**
 * The SDK loads the TypeScript compiler and npm's tree for functions that it may have to serialize,
 * exporters of traces, the Automation API and a comparison of versions. They take four fifths of
 * its start and are hardly ever used. So they are loaded at their first use.
 */
export const LAZY_MODULES = preload(
  "lazy-modules",
  `${SDK_FILES}
const lazy = {
  "typescript-shim": /^typescript$/,
  "runtime/closure/codePaths": /^(@npmcli.arborist|normalize-package-data)$/,
  "cmd/run/tracing": /^@opentelemetry.(exporter|instrumentation|resources|sdk)/,
  "cmd/run/run": /^semver$/,
  "runtime/rpc": /^semver$/,
  "runtime/closure/rewriteSuper": /^semver$/,
  index: /^..automation$/,
};
found((path, name, parent) => {
  if (!lazy[inSdk(parent?.filename)]?.test(name)) return path;
  const stand = "pulumi-hostnet/lazy:" + path;
  if (!Module._cache[stand]) {
    const module = new Module(stand);
    Module._cache[stand] = Object.assign(module, { exports: standIn(path, parent), loaded: true });
  }
  return stand;
});
function standIn(path, parent) {
  let loaded;
  const real = () => (loaded ??= Module._load(path, parent));
  return new Proxy({}, {
    // With __esModule set an importer doesn't copy the module, which would load it. A CommonJS
    // module is its own default.
    get: (_, key) => key === "__esModule" || (key === "default" && !("default" in real()) ? real() : real()[key]),
    has: (_, key) => key in real(),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => ({ ...Object.getOwnPropertyDescriptor(real(), key), configurable: true }),
  });
}
`,
);

/**
 * For each promise the SDK keeps where it was made, for PULUMI_DEBUG_PROMISE_LEAKS. Through source
 * maps that is a third of the time of a program with many resources. It logs several lines a
 * resource that only the CLI's --debug shows. And it attaches a debugger to itself, which costs a
 * tenth of a second and is of use only where functions are serialized.
 */
export const NOTHING_FOR_DEBUGGING = preload(
  "nothing-for-debugging",
  `${SDK_FILES}
const mend = {
  "runtime/debuggable"(sdk) {
    const { debuggablePromise } = sdk;
    if (sdk.debugPromiseLeaks || !debuggablePromise) return;
    sdk.debuggablePromise = (...args) => {
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      try {
        return debuggablePromise(...args);
      } finally {
        Error.stackTraceLimit = limit;
      }
    };
  },
  "log/index"(sdk) {
    if (sdk.debug) sdk.debug = () => Promise.resolve();
  },
  "runtime/closure/v8Hooks"(sdk) {
    const files = new Map();
    let session;
    sdk.isInitializedAsync = () => Promise.resolve();
    sdk.getScriptUrl = (id) => files.get(id);
    sdk.getSessionAsync = () => (session ??= connect());
    async function connect() {
      const { Session } = require("node:inspector");
      const made = new Session();
      made.connect();
      // Who listens before is told what has been loaded until now, too.
      made.on("Debugger.scriptParsed", ({ params }) => files.set(params.scriptId, params.url));
      await new Promise((resolve, reject) => made.post("Debugger.enable", (error) => (error ? reject(error) : resolve())));
      return made;
    }
  },
};
const seen = new Set();
found((path, name, parent) => {
  const mended = mend[inSdk(path)];
  if (!mended || seen.has(path)) return path;
  // It is looked for once more while it is loaded.
  seen.add(path);
  mended(Module._load(path, parent));
  return path;
});
`,
);

/** Quick Structs in a process of the SDK's. */
export const quickStructsIn = ({ structs }: Sdk) =>
  preload("quick-structs", `(${quickStructs})(require(${JSON.stringify(structs)}));`);
