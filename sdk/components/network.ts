/** A network of either family whose addresses are counted: the bridge is number 1. */
export class Network {
  private constructor(
    readonly cidr: string,
    private readonly first: bigint,
    readonly prefix: number,
    private readonly bits: 32 | 128,
  ) {}

  /** Throws where it is no network of prefix length 8 to 30 (IPv4) or 8 to 126 (IPv6). */
  static parse(cidr: string): Network {
    const [address = "", length = ""] = cidr.split("/");
    const bits = address.includes(":") ? 128 : 32;
    const first = toNumber(address);
    const prefix = Number(length);
    const isPrefix = /^\d+$/.test(length) && prefix >= 8 && prefix <= bits - 2;
    if (first === undefined || !isPrefix || first % (1n << BigInt(bits - prefix)) !== 0n)
      throw new Error(
        `cidr: "${cidr}" is no network of prefix length 8 to 30 (IPv4) or 8 to 126 (IPv6): write one such as 10.0.0.0/24 or fd00::/64`,
      );
    return new Network(cidr, first, prefix, bits);
  }

  get isIp6(): boolean {
    return this.bits === 128;
  }

  /** The number of the last address that a pod may have. */
  get last(): number {
    return Math.min(2 ** (this.bits - this.prefix), 2 ** 32) - 2;
  }

  /** The address of a number, without prefix. */
  at(offset: number): string {
    return toText(this.first + BigInt(offset), this.bits);
  }

  /** The number of an address; undefined where it isn't one that a pod or the bridge may have. */
  offsetOf(address: string): number | undefined {
    const value = address.includes(":") === this.isIp6 ? toNumber(address) : undefined;
    const offset = value === undefined ? 0 : Number(value - this.first);
    return offset >= 1 && offset <= this.last ? offset : undefined;
  }
}

/** Undefined for what is no address. */
function toNumber(address: string): bigint | undefined {
  const groups = address.includes(":") ? groupsOf(address) : address.split(".").map((each) => [each, 10] as const);
  const [count, most] = address.includes(":") ? [8, 0xffff] : [4, 255];
  const values = groups.map(([text, base]) => (DIGITS[base].test(text) ? Number.parseInt(text, base) : Number.NaN));
  if (values.length !== count || values.some((value) => !(value <= most))) return undefined;
  return values.reduce((sum, value) => sum * BigInt(most + 1) + BigInt(value), 0n);
}

const DIGITS = { 10: /^\d{1,3}$/, 16: /^[0-9a-f]{1,4}$/i };

/** The eight groups of an IPv6 address: "::" stands for all zeros that are missing. */
function groupsOf(address: string): (readonly [string, 16])[] {
  const [head = "", tail, ...more] = address.split("::");
  const split = (text: string) => (text === "" ? [] : text.split(":"));
  const zeros = tail === undefined ? [] : Array(Math.max(0, 8 - split(head).length - split(tail).length)).fill("0");
  const groups = more.length > 0 ? [] : [...split(head), ...zeros, ...split(tail ?? "")];
  return groups.map((each) => [each, 16] as const);
}

function toText(value: bigint, bits: 32 | 128): string {
  const width = bits === 32 ? 8 : 16;
  const groups = Array.from({ length: bits / width }, (_, at) =>
    ((value >> BigInt(bits - width * (at + 1))) % (1n << BigInt(width))).toString(bits === 32 ? 10 : 16),
  );
  // URLs write IPv6 the one way that RFC 5952 has for it.
  return bits === 32 ? groups.join(".") : new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
