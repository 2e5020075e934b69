/**
 * Code that a Node process runs before its script, for `--import`: a CommonJS module's, without a file, that has `load` for `import`. What stands in a data: URL would be shown
 * with the whole of it in each stack that it has a part in, so it is compiled under a name.
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
 * The SDK shows an error that a program throws with `util.inspect` in colours, over which Node 20 takes half a minute and
 * gigabytes for some stacks (pulumi/pulumi#20567). Nobody wants colours in a diagnostic anyway.
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
 * What stands on the SDK's files: of a file of the SDK, wherever that is installed, the path in it without its ending; and a look at each file between where it is found and
 * where it is loaded. No frame of ours is then on the stack while a program's own files run, and none in what it throws.
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
      // Only our own, which have no folder: this package's files, and all in a folder of its name, are somebody's to see.
      // Node 22 loses the name of its own function, which we call.
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
 * In each process the SDK loads the TypeScript compiler and npm's tree of packages, for functions that it may have to serialize, several exporters of traces, the Automation
 * API and what compares versions: four fifths of what loading it takes, for what is hardly ever used. So it gets something that loads them with the first look at them.
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
    // What says so of itself isn't copied by who imports it, which would be a look at all of it; one that isn't such a module has itself for default.
    get: (_, key) => key === "__esModule" || (key === "default" && !("default" in real()) ? real() : real()[key]),
    has: (_, key) => key in real(),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => ({ ...Object.getOwnPropertyDescriptor(real(), key), configurable: true }),
  });
}
`,
);

/**
 * For each of the dozens of promises of a resource the SDK keeps where it was made, should one never be settled and PULUMI_DEBUG_PROMISE_LEAKS be set: through
 * source maps that is a third of what a program with many resources takes. It sends several lines a resource that only the CLI's \`--debug\` shows. And it
 * attaches a debugger to itself, which tells of all that is loaded: a tenth of a second, of use only where functions are serialized.
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

/**
 * The code of our own resources, for the provider process: it would import it with the first call, and has nothing to do while the program starts.
 */
export const OUR_RESOURCES = preload(
  "our-resources",
  `
const { pathToFileURL } = require("node:url");
setImmediate(async () => {
  try {
    await load(pathToFileURL(require.resolve("pulumi-hostnet/provider")).href);
  } catch {
    // The first call says so, if it is needed at all.
  }
});
`,
);
