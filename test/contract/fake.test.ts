import { battery } from "./battery.js";
import { fakeRig } from "./fake-rig.js";
import { identity } from "./identity.js";

battery("fake", fakeRig);
identity("fake", fakeRig, { model: true });
