// biome-ignore lint/suspicious/noExplicitAny: google-protobuf's classes, known by name only
type Stub = Record<string, any>;

/**
 * google-protobuf makes several objects of each value in a Struct, a kilobyte in all. A list of
 * 10,000 services costs seconds and hundreds of megabytes each time that it is sent. With this, a
 * Struct of `stubs` (google/protobuf/struct_pb) holds the bytes that are sent. Values become bytes
 * and bytes values without anything between. What asks a Struct for its map gets that as before.
 *
 * It is CommonJS, so that a process of the SDK's can `--require` it (engine/preload/).
 */
export function quickStructs({ Struct, Value }: Stub): void {
  const HELD = "quick bytes";
  if (HELD in Struct) return;
  Struct[HELD] = true;
  /** Tags of the wire format: the number of a field, and how its value is written. */
  const tag = { entry: 0x0a, key: 0x0a, value: 0x12, item: 0x0a };
  const kind = { null: 0x08, number: 0x11, string: 0x1a, boolean: 0x20, map: 0x2a, list: 0x32 };

  // It is written from the end, since the length of a part stands before it.
  let buffer = Buffer.allocUnsafe(65_536);
  let start = 0;
  const written = () => buffer.length - start;
  const room = (size: number) => {
    if (start < size) {
      const larger = Buffer.allocUnsafe(2 * (buffer.length + size));
      buffer.copy(larger, larger.length - written(), start);
      start += larger.length - buffer.length;
      buffer = larger;
    }
    start -= size;
  };
  const writeByte = (value: number) => {
    room(1);
    buffer[start] = value;
  };
  /** Makes a field of what was written since there were `before` bytes. */
  const writeHead = (field: number, before: number) => {
    let length = written() - before;
    const digits: number[] = [];
    for (; length > 127; length >>>= 7) digits.push((length & 127) | 128);
    digits.push(length);
    for (const digit of digits.reverse()) writeByte(digit);
    writeByte(field);
  };
  const writeText = (field: number, value: string) => {
    const before = written();
    const size = Buffer.byteLength(value);
    room(size);
    buffer.write(value, start, size);
    writeHead(field, before);
  };
  const writeList = (list: unknown[]) => {
    for (let index = list.length - 1; index >= 0; index--) {
      const before = written();
      writeValue(list[index]);
      writeHead(tag.item, before);
    }
  };
  const writeByteOf = (field: number, value: number) => {
    writeByte(value);
    writeByte(field);
  };
  const writeNumber = (value: number) => {
    room(8);
    buffer.writeDoubleLE(value, start);
    // google-protobuf's bytes for what is no number.
    if (Number.isNaN(value)) buffer.fill(0xff, start, start + 7).writeUInt8(0x7f, start + 7);
    writeByte(kind.number);
  };
  const writeObject = (value: object) => {
    const before = written();
    const isList = Array.isArray(value);
    isList ? writeList(value) : writeMap(value);
    writeHead(isList ? kind.list : kind.map, before);
  };
  const writeValue = (value: unknown): void => {
    if (typeof value === "string") writeText(kind.string, value);
    else if (typeof value === "number") writeNumber(value);
    else if (typeof value === "boolean") writeByteOf(kind.boolean, value ? 1 : 0);
    else if (value === null) writeByteOf(kind.null, 0);
    else if (typeof value === "object") writeObject(value);
    else throw new Error("Unexpected struct type.");
  };
  const writeMap = (map: Stub) => {
    const keys: string[] = [];
    // Its maps lose this key, too.
    for (const key in map) if (key !== "__proto__") keys.push(key);
    for (const key of keys.sort().reverse()) {
      const before = written();
      writeValue(map[key]);
      writeHead(tag.value, before);
      writeText(tag.key, key);
      writeHead(tag.entry, before);
    }
  };
  const bytesOf = (map: Stub): Buffer => {
    start = buffer.length;
    writeMap(map);
    const bytes = Buffer.from(buffer.subarray(start));
    if (buffer.length > 1_048_576) buffer = Buffer.allocUnsafe(65_536);
    return bytes;
  };

  const valuesOf = (bytes: Buffer): Stub => {
    let at = 0;
    const unexpected = (): never => {
      throw new Error("Unexpected struct type");
    };
    const readLength = () => {
      let length = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++] ?? unexpected();
        length += (byte & 127) * factor;
        if (byte < 128) return length;
      }
    };
    const readText = () => {
      const size = readLength();
      at += size;
      return bytes.toString("utf8", at - size, at);
    };
    /** Calls `read` at the value of each field of a part. */
    const eachField = (end: number, read: (field: number) => void) => {
      while (at < end) read(bytes[at++]!);
    };
    const readNumber = () => {
      at += 8;
      return bytes.readDoubleLE(at - 8);
    };
    const readers: Record<number, () => unknown> = {
      [kind.string]: readText,
      [kind.number]: readNumber,
      [kind.boolean]: () => readLength() !== 0,
      [kind.null]: () => (readLength() === 0 ? null : unexpected()),
      [kind.map]: () => readMap(readLength()),
      [kind.list]: () => readList(readLength()),
    };
    const readValue = (): unknown => {
      const size = readLength();
      let value: unknown;
      eachField(at + size, (field) => {
        value = (readers[field] ?? unexpected)();
      });
      return value === undefined ? unexpected() : value;
    };
    const readList = (size: number) => {
      const list: unknown[] = [];
      eachField(at + size, (field) => list.push(field === tag.item ? readValue() : unexpected()));
      return list;
    };
    const readMap = (size: number): Stub => {
      const entries: [string, unknown][] = [];
      eachField(at + size, (field) => {
        if (field !== tag.entry) unexpected();
        const entry: [string, unknown] = ["", undefined];
        const length = readLength();
        eachField(at + length, (part) => {
          if (part === tag.key) entry[0] = readText();
          else if (part === tag.value) entry[1] = readValue();
          else unexpected();
        });
        entries.push(entry[1] === undefined ? unexpected() : entry);
      });
      // Others write a map in any order.
      if (entries.some(([key], index) => index > 0 && key < entries[index - 1]![0]))
        entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      const map: Stub = {};
      for (const [key, value] of entries) if (key !== "__proto__") map[key] = value;
      return map;
    };
    return readMap(bytes.length);
  };

  const { getFieldsMap, toJavaScript } = Struct.prototype;
  const { serializeBinaryToWriter } = Struct;
  Struct.fromJavaScript = (map: Stub) => Object.assign(new Struct(), { [HELD]: bytesOf(map) });
  Struct.prototype.toJavaScript = function () {
    return this[HELD] ? valuesOf(this[HELD]) : toJavaScript.call(this);
  };
  Struct.serializeBinaryToWriter = (message: Stub, writer: Stub) => {
    const bytes = message[HELD];
    if (bytes) writer.writeSerializedMessage(bytes, 0, bytes.length);
    else serializeBinaryToWriter(message, writer);
  };
  Struct.deserializeBinaryFromReader = (message: Stub, reader: Stub) => {
    const from = reader.getCursor();
    while (reader.nextField()) reader.skipField();
    message[HELD] = Buffer.from(reader.getBuffer().subarray(from, reader.getCursor()));
    return message;
  };
  Struct.prototype.getFieldsMap = function (...args: unknown[]) {
    const bytes = this[HELD];
    this[HELD] = undefined;
    const map = getFieldsMap.call(this, ...(bytes ? [] : args));
    if (bytes) for (const [key, value] of Object.entries(valuesOf(bytes))) map.set(key, Value.fromJavaScript(value));
    return map;
  };
}
