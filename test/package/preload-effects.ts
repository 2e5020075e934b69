/** Prints the value of an expression as JSON. */
const printed = (expression: string) => `console.log(JSON.stringify(${expression}));`;

const LAZY = /^\/.*node_modules.(typescript|semver|@npmcli.arborist|@pulumi.pulumi.automation)\//;

/** What a preload changes of a release of the SDK: a script that prints it. */
interface Effect {
  preload: string;
  script: string;
  /** What it prints without the preload, and with it. */
  without: unknown;
  within: unknown;
}

export const EFFECTS: Effect[] = [
  {
    preload: "lazy-modules",
    script: `require("@pulumi/pulumi"); require("@pulumi/pulumi/cmd/run/tracing");
      ${printed(`Object.keys(require.cache).some((file) => ${LAZY}.test(file))`)}`,
    without: true,
    within: false,
  },
  {
    preload: "nothing-for-debugging",
    script: `const { log, runtime } = require("@pulumi/pulumi");
      const { Session } = require("node:inspector");
      let attached = 0;
      const { connect } = Session.prototype;
      Session.prototype.connect = function () { attached++; return connect.call(this); };
      const { debuggablePromise, promiseDebugString } = require("@pulumi/pulumi/runtime/debuggable");
      const promise = Promise.resolve();
      debuggablePromise(promise, "it");
      const traced = promiseDebugString(promise).includes("[eval]");
      require("@pulumi/pulumi/runtime/closure/v8Hooks").isInitializedAsync().then(() =>
        ${printed('[String(log.debug).includes("engine"), traced, attached]').slice(0, -1)});`,
    without: [true, true, 1],
    within: [false, false, 0],
  },
  {
    preload: "quick-structs",
    script: `const sdk = require("node:module").createRequire(require.resolve("@pulumi/pulumi"));
      sdk("./proto/provider_pb");
      const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb");
      ${printed("Object.values(Struct.fromJavaScript({ a: 1 })).some(Buffer.isBuffer)")}`,
    without: false,
    within: true,
  },
  {
    preload: "one-frame",
    script: `const { Resource } = require("@pulumi/pulumi");
      const declared = () => Resource.stackTrace(1);
      const trace = declared();
      ${printed("[trace.length > 1, trace[0].line]")}`,
    without: [true, 2],
    within: [false, 2],
  },
  {
    preload: "no-callbacks",
    script: `const { Server } = require("node:net");
      const { listen } = Server.prototype;
      let listening = 0;
      Server.prototype.listen = function (...args) { listening++; return listen.apply(this, args); };
      const { CallbackServer } = require("@pulumi/pulumi/runtime/callbacks");
      const registerResourceHook = (request) => {
        ${printed("[request.getName(), listening]")}
        process.exit();
      };
      setTimeout(() => {}, 10_000);
      const server = new CallbackServer({ registerResourceHook });
      server.registerResourceHook({ __name: "before", name: "before", opts: {}, callback() {} });`,
    without: ["before", 1],
    within: ["before", 0],
  },
];
