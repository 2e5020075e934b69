/**
 * Sockets for tests, TCP and UDP, of either family.
 *
 *   serve NAME PROTOCOL PORT            answers each line or datagram with "NAME CLIENT"; prints `listening`
 *   ask PROTOCOL ADDRESS PORT COUNT     so many connections or datagrams, each from a port of its own; prints a tally
 *   flow PROTOCOL ADDRESS PORT [FROM]   one connection or one source port; for each line of its input prints what came back
 */
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const [verb, ...args] = process.argv.slice(2);
const TIMEOUT_MS = 1500 * Number(process.env.HOSTNET_SLOW ?? 1);
const plain = (address) => address.replace(/^::ffff:/, "");

const verbs = { serve, ask, flow };
await verbs[verb](...args);

function serve(name, protocol, port) {
  const listening = () => console.log("listening");
  if (protocol === "udp") {
    const socket = createSocket("udp6");
    socket.on("message", (_, { address, port: from }) => socket.send(`${name} ${plain(address)}`, from, address));
    socket.bind(Number(port), listening);
    return;
  }
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.write(`${name} ${plain(socket.remoteAddress ?? "")}`));
  });
  server.listen(Number(port), "::", listening);
}

/** One exchange at a time; what came back, or the error's code. */
function open(protocol, address, port, from) {
  let settle = () => {};
  const heard = (what) => settle(String(what));
  if (protocol === "udp") {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.on("message", heard).on("error", ({ code }) => heard(code));
    const bound = new Promise((resolve) => socket.bind(from ? Number(from) : 0, resolve));
    // A connected socket hears what ICMP says
    const ready = bound.then(() => new Promise((resolve) => socket.connect(Number(port), address, resolve)));
    return {
      say: () => ready.then(() => said(() => socket.send("x", (error) => error && heard(error.code)))),
      close: () => socket.close(),
    };
  }
  const socket = connect({ host: address, port: Number(port), ...(from && { localPort: Number(from) }) });
  socket.on("data", heard).on("error", ({ code }) => heard(code));
  return { say: () => said(() => socket.write("x")), close: () => socket.destroy() };

  function said(send) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TIMEOUT_MS, "no answer");
      settle = (what) => {
        clearTimeout(timer);
        resolve(what);
      };
      send();
    });
  }
}

async function ask(protocol, address, port, count) {
  const tally = { answers: {}, clients: {}, failures: {} };
  const add = (kind, what) => {
    tally[kind][what] = (tally[kind][what] ?? 0) + 1;
  };
  let left = Number(count);
  const worker = async () => {
    while (left-- > 0) {
      const socket = open(protocol, address, port);
      const [name, client] = (await socket.say()).split(" ");
      if (client === undefined || client === "answer") add("failures", client ? "no answer" : name);
      else {
        add("answers", name);
        add("clients", client);
      }
      socket.close();
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  console.log(JSON.stringify(tally));
}

async function flow(protocol, address, port, from) {
  const socket = open(protocol, address, port, from);
  for await (const _ of createInterface({ input: process.stdin })) console.log(await socket.say());
  socket.close();
}
