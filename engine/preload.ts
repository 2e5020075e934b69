/** Code that a Node process runs before its script, for `--import`. */
export const preload = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

/**
 * The SDK shows an error that a program throws with `util.inspect` in colours, over which Node 20 takes half a minute and
 * gigabytes for some stacks (pulumi/pulumi#20567). Nobody wants colours in a diagnostic anyway.
 */
export const PLAIN_ERRORS = preload(`
import util from "node:util";
const inspect = util.inspect;
const plain = (value, options, ...rest) =>
  inspect(value, value instanceof Error && options?.colors ? { ...options, colors: false } : options, ...rest);
util.inspect = Object.defineProperties(plain, Object.getOwnPropertyDescriptors(inspect));
`);

/** Of a file of the SDK, wherever that is installed, the path in it without its ending. */
const IN_SDK = String.raw`const inSdk = (path) => /@pulumi.pulumi.([\w/-]+)\.js$/.exec(path ?? "")?.[1];`;

/**
 * In each process the SDK loads the TypeScript compiler and npm's tree of packages, for functions that it may have to serialize, and several exporters of traces: three
 * quarters of what loading it takes, for what is hardly ever used. So it gets something that loads them with the first look at them.
 */
export const LAZY_MODULES = preload(`
import Module from "node:module";
${IN_SDK}
const lazy = {
  "typescript-shim": /^typescript$/,
  "runtime/closure/codePaths": /^(@npmcli.arborist|normalize-package-data)$/,
  "cmd/run/tracing": /^@opentelemetry.(exporter|instrumentation|resources|sdk)/,
};
const load = Module._load;
Module._load = function (name, parent, ...rest) {
  if (!lazy[inSdk(parent?.filename)]?.test(name)) return load.call(this, name, parent, ...rest);
  // One that isn't there must be missed now: the SDK then takes its own.
  Module._resolveFilename(name, parent);
  let loaded;
  const real = () => (loaded ??= load.call(this, name, parent, ...rest));
  return new Proxy({}, {
    // What says so of itself isn't copied by who imports it, which would be a look at all of it; one that isn't such a module has itself for default.
    get: (_, key) => key === "__esModule" || (key === "default" && !("default" in real()) ? real() : real()[key]),
    has: (_, key) => key in real(),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => ({ ...Object.getOwnPropertyDescriptor(real(), key), configurable: true }),
  });
};
`);

/**
 * For each of the dozens of promises of a resource the SDK keeps where it was made, should one never be settled and PULUMI_DEBUG_PROMISE_LEAKS be set: through
 * source maps that is a third of what a program with many resources takes. And it sends several lines a resource that only the CLI's \`--debug\` shows.
 */
export const NOTHING_FOR_DEBUGGING = preload(`
import Module from "node:module";
${IN_SDK}
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
};
const compile = Module._extensions[".js"];
Module._extensions[".js"] = function (module, filename) {
  compile.call(this, module, filename);
  mend[inSdk(filename)]?.(module.exports);
};
`);

/**
 * The SDK's provider listens on a port of its loopback, and says so in no other way. From another network nobody gets there, but a socket with
 * a name among the files belongs to no network (unix(7)).
 */
export const listensOn = (socket: string) =>
  preload(`
import net from "node:net";
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (where, ...rest) {
  return listen.call(this, where?.host === "127.0.0.1" ? { path: ${JSON.stringify(socket)} } : where, ...rest);
};
`);
