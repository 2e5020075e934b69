import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { embedded, engines } from "../support/engines.js";
import { type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { Project } from "../support/project.js";
import { steadyState } from "../support/steady.js";
import { ARTICLE_RULES, rules } from "./chains.js";
import { articleAnswers } from "./traffic.js";

describe.each(engines)("the article's program on $name", ({ engine, env, missing }) => {
  let project: Project;
  let pristine: HostState;
  let made: Awaited<ReturnType<typeof steadyState>>;

  beforeAll(async () => {
    requireSandbox();
    if (missing !== undefined) return;
    pristine = await hostState();
    project = await Project.open({ folder: repositoryRoot, engine, env });
  });
  afterAll(() => project?.close());

  const claim = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });

  claim("makes the article's chains, rule by rule, and every request of the article is answered", async () => {
    const said = await project.must("up");
    expect(said).toMatch(/\+ 10 created/);
    expect(said).not.toMatch(/warning/i);
    expect(await rules()).toEqual(ARTICLE_RULES);
    await articleAnswers({});
    made = await steadyState();
  });

  claim("tells what a user needs downstream", async () => {
    const [bridge] = JSON.parse(await output(["ip", "-json", "link", "show", "bridge_home"])) as { address: string }[];
    expect(project.outputs("Bridge", "home").macAddress).toBe(bridge?.address);
    expect(project.outputs("NetNamespace", "leah").path).toBe("/run/netns/netns_leah");
    expect(project.outputs("ServiceVip", "http").url).toBe("http://10.100.100.100:8080");
    expect(project.outputs("Endpoint", "http2").chainName).toBe("DUSTIN-SEP-HTTP2");
  });

  claim("writes nothing when it is run again", async () => {
    const [state, resources] = [project.state(), values(project)];
    await project.must("up", "--expect-no-changes");
    // The CLI records each run in the file, in the order in which the program registered this time.
    if (engine === embedded.engine) expect(project.state()).toBe(state);
    expect(values(project)).toEqual(resources);
    expect(await steadyState()).toEqual(made);
  });

  claim("a preview says what somebody broke and nothing else, and up repairs exactly that", async () => {
    await output(["ip", "link", "del", "veth_leah"]);
    await output(["iptables", "-t", "nat", "-F", "DUSTIN-SEP-HTTP1"]);
    const preview = await project.must("preview");
    expect(preview).toMatch(/VethPair veth_leah: name: found none, declared veth_leah/);
    expect(preview).toMatch(/Endpoint HTTP1: address: found none, declared 10\.0\.0\.11/);
    expect(preview).toMatch(/~ 2 to update\s+8 unchanged/);
    expect(await project.must("up")).toMatch(/~ 2 updated\s+8 unchanged/);
    expect(await steadyState()).toEqual(made);
    await project.must("up", "--expect-no-changes");
  });

  claim("a refresh says what is gone, and the next up makes just that", async () => {
    await output(["ip", "link", "del", "veth_dustin"]);
    await output(["ip", "netns", "del", "netns_dustin"]);
    const text = await project.must("refresh");
    expect(text).toMatch(/NetNamespace dustin deleted/);
    expect(text).toMatch(/VethPair dustin deleted/);
    expect(text).toMatch(/- 2 deleted\s+8 unchanged/);
    expect(project.resources().filter(({ urn }) => urn.endsWith("::dustin"))).toEqual([]);
    expect(await project.must("up")).toMatch(/\+ 2 created\s+8 unchanged/);
    expect(await steadyState()).toEqual(made);
    await articleAnswers({});
  });

  claim("leaves the host as it was when it is destroyed", async () => {
    expect(await project.must("destroy")).toMatch(/- 10 deleted/);
    expect(await hostState()).toEqual(pristine);
    expect(project.resources()).toEqual([]);
  });
});

/** What each resource is, whatever the order. */
const values = (project: Project) =>
  Object.fromEntries(project.resources().map(({ urn, id, inputs, outputs }) => [urn, { id, inputs, outputs }]));
