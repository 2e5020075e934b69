/**
 * A server that answers with its name: `node server.js NAME PORT [http|udp]`. It prints `listening`
 * once it does. An HTTP answer is the name. A UDP answer is the name, a blank and what was sent.
 * Both have the client's address on a second line.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:http";

const [name, port, protocol = "http"] = process.argv.slice(2);
const listening = () => console.log("listening");

if (protocol === "udp") {
  const socket = createSocket("udp4");
  socket.on("message", (sent, { address, port: clientPort }) => {
    socket.send(`${name} ${sent}\n${address}`, clientPort, address);
  });
  socket.bind(Number(port), listening);
} else {
  const server = createServer((request, response) => {
    response.setHeader("connection", "close");
    response.end(`${name}\n${request.socket.remoteAddress?.replace(/^::ffff:/, "")}`);
  });
  // Without an address it is IPv6 and IPv4, or what there is
  server.listen(Number(port), listening);
}
