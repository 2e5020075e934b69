import { expect, test } from "vitest";
import { type EndpointSpec, USUAL } from "../../provider/kernel/service-spec.js";
import { eligible, withoutEligible } from "../../provider/services/eligible.js";

const endpoint = (name: string, over: Partial<EndpointSpec> = {}): EndpointSpec => ({
  name,
  address: "10.0.0.11",
  ...USUAL,
  mark: "",
  ...over,
});
const gone = { ready: false, terminating: true };
const names = (endpoints: EndpointSpec[]) => endpoints.map(({ name }) => name);

test("ready endpoints get what is new, and none that isn't ready beside them", () => {
  const all = [
    endpoint("a"),
    endpoint("b", { ready: false, serving: false }),
    endpoint("c", gone),
    endpoint("d", { ready: false }),
  ];
  expect(names(eligible(all, "Cluster"))).toEqual(["a"]);
});

test("without a ready one those answer that serve while they terminate, and nobody else", () => {
  const all = [endpoint("a", gone), endpoint("b", { ...gone, serving: false }), endpoint("c", { ready: false })];
  expect(names(eligible(all, "Cluster"))).toEqual(["a"]);
});

test("a drained endpoint is as if it weren't there: the others' fallback does not wait for it", () => {
  expect(names(eligible([endpoint("a", { weight: 0 }), endpoint("b", gone)], "Cluster"))).toEqual(["b"]);
  expect(eligible([endpoint("a", { weight: 0 })], "Cluster")).toEqual([]);
});

test("Local keeps to this host, in the fallback too", () => {
  const elsewhere = endpoint("far", { local: false });
  expect(names(eligible([endpoint("near"), elsewhere], "Local"))).toEqual(["near"]);
  expect(names(eligible([endpoint("near", gone), elsewhere], "Local"))).toEqual(["near"]);
  expect(eligible([elsewhere], "Local")).toEqual([]);
  expect(names(eligible([endpoint("near"), elsewhere], "Cluster"))).toEqual(["near", "far"]);
});

test("who finds nobody is refused, but where another host could answer it is silence", () => {
  expect(withoutEligible([])).toBe("REJECT");
  expect(withoutEligible([endpoint("a", { weight: 0 })])).toBe("REJECT");
  expect(withoutEligible([endpoint("far", { local: false })])).toBe("DROP");
});
