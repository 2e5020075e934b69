import { expect, it } from "vitest";
import { HOSTNET } from "../../bin/distribution.js";
import * as resources from "../../provider/resources.js";
import { text } from "../support/imports.js";

it("the code that the SDK writes into a resource is known to the command, for each kind", () => {
  const [, code = ""] = /`(exports\.handler=.*)`/.exec(text("sdk/dynamic.ts")) ?? [];
  const { handlerOf } = HOSTNET.packages.hostnet!;
  for (const kind of Object.keys(resources)) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template
    expect(handlerOf(code.replace("${handler}", kind))).toBe(kind);
  }
  expect(handlerOf("exports.handler=()=>({})")).toBeUndefined();
});
