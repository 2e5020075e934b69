import type { SettingStep } from "../plan.js";
import type { SettingRow } from "./row.js";
import { namespaceOf } from "./view.js";

export const SETTING_STEPS: { [Kind in SettingStep["do"]]: SettingRow<SettingStep & { do: Kind }> } = {
  sysctl: {
    phase: ({ namespace }) => (namespace === undefined ? "switches" : "settings"),
    print: ({ namespace, key, value }) => `${namespace === undefined ? "" : `in ${namespace}: `}sysctl ${key}=${value}`,
    apply: (snapshot, { namespace, key, value }) => {
      const sysctls = namespace === undefined ? snapshot.sysctls : namespaceOf(snapshot, namespace).sysctls;
      sysctls.set(key, value);
    },
    undo: ({ undo, ...step }) => (undo === undefined ? undefined : { ...step, value: undo }),
  },
  resolvConf: {
    phase: "settings",
    print: ({ namespace, content }) =>
      `/etc/netns/${namespace}/resolv.conf ${content === null ? "removed" : "written"}`,
    apply: ({ resolvConfs }, { namespace, content }) => {
      if (content === null) resolvConfs.delete(namespace);
      else resolvConfs.set(namespace, content);
    },
    undo: ({ undo, ...step }) => (undo === undefined ? undefined : { ...step, content: undo }),
  },
};
