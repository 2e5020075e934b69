// A server that says who it is: `node server.mjs NAME PORT`.
import { createServer } from "node:http";

const [name, port] = process.argv.slice(2);
createServer((_, response) => response.setHeader("connection", "close").end(`${name}\n`)).listen(Number(port));
