import {
  type PropertyMap,
  type PropertyValue,
  type ResourceState,
  SECRET,
  SIGNATURE,
  type Snapshot,
} from "../types.js";
import type { PassphraseCrypter } from "./passphrase.js";

/** Opens the secrets of a state that was read, and seals those of a state to be written. */
export class SecretKeeper {
  /** Ciphertext by place and plain text: what didn't change is written as it was, so a state file shows what changed. */
  private readonly known = new Map<string, string>();

  constructor(private readonly crypter: PassphraseCrypter) {}

  /** `snapshot` with every secret in plain text behind its signature; `with` opens what another salt sealed. */
  open(snapshot: Snapshot, using: PassphraseCrypter = this.crypter): Snapshot {
    const reuse = using === this.crypter;
    return mapSecrets(snapshot, (secret, place) => {
      if (typeof secret.ciphertext !== "string") return { ...secret, value: plainOf(secret) };
      const text = using.decrypt(secret.ciphertext);
      if (reuse) this.known.set(`${place}\n${text}`, secret.ciphertext);
      return { [SIGNATURE]: SECRET, value: JSON.parse(text) };
    });
  }

  /** `snapshot` as it may stand in a file: no secret in plain text. */
  seal(snapshot: Snapshot): Snapshot {
    return mapSecrets(snapshot, (secret, place) => {
      const text = JSON.stringify(bare(plainOf(secret)));
      const key = `${place}\n${text}`;
      let ciphertext = this.known.get(key);
      if (ciphertext === undefined) {
        ciphertext = this.crypter.encrypt(text);
        this.known.set(key, ciphertext);
      }
      return { [SIGNATURE]: SECRET, ciphertext };
    });
  }
}

/** Whether `value` is a secret, in whichever of its forms. */
export function isSecret(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && value[SIGNATURE] === SECRET;
}

/** What a secret hides. */
export function plainOf(secret: PropertyMap): PropertyValue {
  if (secret.value !== undefined) return secret.value;
  if (typeof secret.plaintext === "string") return JSON.parse(secret.plaintext);
  throw new Error("a secret without a value reached the state; please report this as a bug of hostnet");
}

/** `value` without marks of secrets: what lies inside a secret needs none. */
export function bare(value: PropertyValue): PropertyValue {
  if (isSecret(value)) return bare(plainOf(value));
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bare(inner)]));
}

type Replace = (secret: PropertyMap, place: string) => PropertyMap;

function mapSecrets(snapshot: Snapshot, replace: Replace): Snapshot {
  const result: Snapshot = { ...snapshot, resources: snapshot.resources.map((one) => mapResource(one, replace)) };
  if (snapshot.pending_operations) {
    result.pending_operations = snapshot.pending_operations.map((pending) => ({
      ...pending,
      resource: mapResource(pending.resource, replace),
    }));
  }
  return result;
}

/** All keys are walked, also those that we don't know: a secret may hide in any of them. */
function mapResource(resource: ResourceState, replace: Replace): ResourceState {
  return mapValue(resource as PropertyMap, resource.urn, replace) as unknown as ResourceState;
}

function mapValue(value: PropertyValue, place: string, replace: Replace): PropertyValue {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return replace(value, place);
  if (Array.isArray(value)) return value.map((inner, index) => mapValue(inner, `${place}/${index}`, replace));
  const result: PropertyMap = {};
  for (const [key, inner] of Object.entries(value)) result[key] = mapValue(inner, `${place}/${key}`, replace);
  return result;
}
