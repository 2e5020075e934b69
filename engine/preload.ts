const preload = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

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

/**
 * The SDK loads the TypeScript compiler for what it may have to serialize, a quarter of a second in each process, and hardly ever
 * has to. So it gets something that loads it with the first look at it.
 */
export const LAZY_TYPESCRIPT = preload(`
import Module from "node:module";
const load = Module._load;
Module._load = function (name, parent, ...rest) {
  if (name !== "typescript" || !/@pulumi.pulumi.typescript-shim/.test(parent?.filename ?? "")) return load.call(this, name, parent, ...rest);
  // One that isn't there must be missed now: the SDK then takes its own.
  Module._resolveFilename(name, parent);
  let compiler;
  const real = () => (compiler ??= load.call(this, name, parent, ...rest));
  return new Proxy({}, {
    get: (_, key) => real()[key],
    has: (_, key) => key in real(),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => ({ ...Object.getOwnPropertyDescriptor(real(), key), configurable: true }),
  });
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
