import { expect, it } from "vitest";
import { compiled } from "../../sandbox/root.js";
import { leavesNothing, output } from "../support/host.js";
import { makeEndpoint, makeService } from "./article.js";
import { probabilities } from "./probabilities.js";
import { Stack } from "./stack.js";

/** A run of its own: makes the endpoints that it is given, or deletes them, one after the other. */
const PROGRAM = `
const [provider, call, ...numbers] = process.argv.slice(1);
const { endpoint } = await import(provider);
for (const number of numbers) {
  const inputs = { service: "DUSTIN-SERVICES/HTTP", name: "HTTP" + number, address: "10.0.1." + number,
    __owner: "test/kernel/http" + number };
  await (call === "create" ? endpoint.create(inputs) : endpoint.delete("", inputs));
}`;

const run = (call: "create" | "delete", numbers: number[]) => {
  const program = ["--input-type=module", "--eval", PROGRAM, compiled("provider/index.js")];
  return output([process.execPath, ...program, call, ...numbers.map(String)]);
};

it("two runs that add and remove endpoints of one service at once lose nothing", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await makeService(stack);
    const [odd, even] = [1, 2].map((first) => Array.from({ length: 8 }, (_, at) => first + 2 * at)) as [
      number[],
      number[],
    ];
    await Promise.all([run("create", odd), run("create", even)]);
    expect(await probabilities("DUSTIN-SVC-HTTP")).toEqual(Array.from({ length: 16 }, (_, at) => 16 - at));
    await makeEndpoint(stack, 99, "10.0.1.99");
    await Promise.all([run("delete", odd), run("delete", even)]);
    expect(await probabilities("DUSTIN-SVC-HTTP")).toEqual([1]);
    await stack.destroy();
  }));
