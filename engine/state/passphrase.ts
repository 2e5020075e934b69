import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);
const CHECK = "pulumi";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The passphrase doesn't open what was encrypted with another one. */
export class IncorrectPassphrase extends Error {
  constructor() {
    super("incorrect passphrase");
  }
}

/**
 * Encrypts and decrypts texts as Pulumi's passphrase provider does: AES-256-GCM, with a key of
 * PBKDF2 with a million rounds.
 */
export class PassphraseCrypter {
  private constructor(
    /** What stands as `encryptionsalt` in the stack's settings and as `salt` in its state. */
    readonly salt: string,
    private readonly key: Buffer,
  ) {}

  /** A crypter with a new salt. */
  static async create(passphrase: string): Promise<PassphraseCrypter> {
    const salt = randomBytes(8);
    const key = await deriveKey(passphrase, salt);
    return new PassphraseCrypter(`v1:${salt.toString("base64")}:${encryptWith(key, CHECK)}`, key);
  }

  /**
   * A crypter for an existing `encryptionsalt`; fails when that was made with another passphrase.
   */
  static async open(passphrase: string, encryptionSalt: string): Promise<PassphraseCrypter> {
    const [version, salt, ...check] = encryptionSalt.split(":");
    if (version !== "v1" || salt === undefined || check.length !== 3) {
      throw new Error(
        `the encryption salt "${encryptionSalt}" is not of the form v1:<salt>:v1:<nonce>:<check>; restore "encryptionsalt" of the stack's settings file from a backup`,
      );
    }
    const key = await deriveKey(passphrase, Buffer.from(salt, "base64"));
    let opened: string | undefined;
    try {
      opened = decryptWith(key, check.join(":"));
    } catch {
      // A wrong key fails the authentication tag; the check value says it all.
    }
    if (opened !== CHECK) throw new IncorrectPassphrase();
    return new PassphraseCrypter(encryptionSalt, key);
  }

  encrypt(plain: string): string {
    return encryptWith(this.key, plain);
  }

  decrypt(ciphertext: string): string {
    return decryptWith(this.key, ciphertext);
  }
}

const keys = new Map<string, Promise<Buffer>>();

/** A million rounds take 0.4 s, so once a process is enough for each passphrase and salt. */
function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  const name = `${salt.toString("base64")}:${passphrase}`;
  const key = keys.get(name) ?? derive(passphrase, salt, 1_000_000, 32, "sha256");
  keys.set(name, key);
  return key;
}

function encryptWith(key: Buffer, plain: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
}

function decryptWith(key: Buffer, ciphertext: string): string {
  const [version, nonce, text, ...rest] = ciphertext.split(":");
  if (version !== "v1" || nonce === undefined || text === undefined || rest.length > 0) {
    throw new Error("the secret's ciphertext is not of the form v1:<nonce>:<text>; restore it from a backup");
  }
  const sealed = Buffer.from(text, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return decipher.update(sealed.subarray(0, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}
