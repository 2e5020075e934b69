import { expect, test } from "vitest";
import { brief, Stack } from "./harness.js";

test("smoke", async () => {
  const stack = new Stack();
  const program = {
    resources: [
      { name: "g", component: true },
      { name: "a", props: { x: 1, arr: [1, "z"] }, opts: { parent: "g", protect: true } },
      { outputsOf: "g", name: "g", outputs: { n: "$a.made" } },
      { name: "b", props: { y: "$a.made", o: { k: null, m: true } }, opts: { dependsOn: ["g"], customTimeouts: { delete: "5m" } } },
    ],
    outputs: { o: "$b.y" },
    print: "hello",
  };
  const p = await stack.run("preview", program);
  console.log(brief(p.calls), p.result.status, JSON.stringify(p.events.map((e) => "diagnosticEvent" in e ? e.diagnosticEvent : Object.keys(e)[0]), null, 0));
  const r = await stack.run("up", program);
  console.log(brief(r.calls), r.result.status, JSON.stringify(r.events.map((e) => "diagnosticEvent" in e ? e.diagnosticEvent : Object.keys(e)[0])), r.saves.length, r.result.outputs, r.result.changes);
  console.log(JSON.stringify(stack.state, null, 1));
  const r2 = await stack.run("up", program);
  console.log(brief(r2.calls), r2.result.status, r2.saves.length, r2.result.changes, r2.told("error"));
  const r3 = await stack.run("destroy", program);
  console.log(brief(r3.calls), r3.result.status, r3.saves.length, r3.result.changes, r3.told("error"), stack.names());
  expect(1).toBe(1);
});
