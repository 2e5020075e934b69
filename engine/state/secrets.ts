import { sortedKeys } from "../model/json.js";
import { isSecret, SECRET, SIGNATURE } from "../model/properties.js";
import type { PropertyMap, PropertyValue, ResourceState, Snapshot } from "../model/types.js";
import type { PassphraseCrypter } from "./passphrase.js";

/** Opens the secrets of a state that was read, and seals those of a state to be written. */
export class SecretKeeper {
  /**
   * Ciphertext by place and plain text. What stays keeps its ciphertext, so a state file shows what
   * changed.
   */
  private readonly known = new Map<string, string>();

  constructor(private readonly crypter: PassphraseCrypter) {}

  /**
   * `snapshot` with every secret in plain text behind its signature. `using` opens what another
   * salt sealed.
   */
  open(snapshot: Snapshot, using: PassphraseCrypter = this.crypter): Snapshot {
    return mapSecrets(snapshot, (secret, place) => {
      if (typeof secret.ciphertext !== "string") return { [SIGNATURE]: SECRET, plaintext: textOf(secret) };
      const plaintext = using.decrypt(secret.ciphertext);
      if (using === this.crypter) this.known.set(keyOf(place, plaintext), secret.ciphertext);
      return { [SIGNATURE]: SECRET, plaintext };
    });
  }

  /** `snapshot` as it may stand in a file: no secret in plain text. */
  seal(snapshot: Snapshot): Snapshot {
    return mapSecrets(snapshot, this.sealed);
  }

  /** The same of one resource. */
  sealResource(resource: ResourceState): ResourceState {
    return mapResource(resource, this.sealed);
  }

  private readonly sealed: Replace = (secret, place) => {
    const plaintext = textOf(secret);
    const key = keyOf(place, plaintext);
    let ciphertext = this.known.get(key);
    if (ciphertext === undefined) {
      ciphertext = this.crypter.encrypt(plaintext);
      this.known.set(key, ciphertext);
    }
    return { [SIGNATURE]: SECRET, ciphertext };
  };
}

function textOf(secret: PropertyMap): string {
  if (typeof secret.plaintext === "string") return secret.plaintext;
  throw new Error("a secret without a plain text reached the state; please report this as a bug of the engine");
}

/** Place and value, without the order of keys: Go sorts them and we don't. */
function keyOf(place: string, plaintext: string): string {
  if (!/^[[{]/.test(plaintext)) return `${place}\n${plaintext}`;
  return `${place}\n${JSON.stringify(JSON.parse(plaintext), sortedKeys)}`;
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
  return mapValue(resource as unknown as PropertyMap, resource.urn, replace) as unknown as ResourceState;
}

function mapValue(value: PropertyValue, place: string, replace: Replace): PropertyValue {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return replace(value, place);
  if (Array.isArray(value)) return value.map((inner, index) => mapValue(inner, `${place}/${index}`, replace));
  const result: PropertyMap = {};
  for (const [key, inner] of Object.entries(value as PropertyMap)) {
    // An absent key and one of undefined are the same in a file.
    if (inner !== undefined) result[key] = mapValue(inner, `${place}/${key}`, replace);
  }
  return result;
}
