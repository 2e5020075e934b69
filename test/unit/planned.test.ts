import { expect, it } from "vitest";
import { copy, misled, planAll } from "../../provider/host/planned.js";
import type { Pending } from "../../provider/host/work.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { product } from "../../provider/product.js";
import { emptySnapshot } from "../support/fake-host.js";

const work = (plan: (snapshot: Snapshot) => Step[]): Pending => ({
  scope: {},
  direction: "make",
  last: false,
  holder: "test",
  plan: (snapshot) => ({ steps: plan(snapshot), result: undefined }),
  resolve: () => {},
  reject: (error) => {
    throw error;
  },
});
const bridge = (name: string): Step => ({ do: "link.add", name, kind: "bridge", why: "" });
const namespace = (name: string): Step => ({ do: "netns.add", name, why: "" });
const unless = (has: boolean, step: Step) => (has ? [] : [step]);

it("of a group in which one fails, only those that saw it are planned anew", () => {
  const before = emptySnapshot();
  const group = [
    work(({ links }) => unless(links.has("a"), bridge("a"))),
    work(({ namespaces }) => unless(namespaces.has("n"), namespace("n"))),
    work(({ links }) => unless(links.has("a"), bridge("b"))),
    work(({ links }) => unless(links.has("c"), bridge("c"))),
  ];
  const planned = planAll(group, copy(before), product);
  const [failed, independent, misledOne, other] = planned.map(({ task }) => task);
  expect(misledOne!.steps).toEqual([]);
  failed!.error = new Error("refused");
  const found = misled(planned, before, product);
  expect(found).toEqual([misledOne]);
  expect(found).not.toContain(independent);
  expect(found).not.toContain(other);
});
