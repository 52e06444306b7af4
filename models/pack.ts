/** How a column is written: all values alike, decimals of so many places as differences, or as they are. */
const CONSTANT = 0;
const DECIMAL = 1;
const MOST_PLACES = 7;
const FLOAT32 = 16;
const FLOAT64 = 17;
const SPARSE64 = 18;
/** Differences of two such, doubled, are whole numbers still. */
const MOST_WHOLE = 2 ** 51;
const FIRST_BYTES = 4096;

/**
 * Columns of numbers as text, to the last bit (NaN, infinities and -0 too), in few bytes: what a feed rounded takes one to three bytes
 * a value, what did not change nothing, any other number four or eight.
 */
export class Packer {
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  column(values: ArrayLike<number>): void {
    this.whole(values.length);
    if (values.length > 1 && isConstant(values)) {
      this.byte(CONSTANT);
      this.values([values[0] as number]);
    } else if (values.length > 0) this.values(values);
  }

  /** A row of numbers of any kind. */
  row(...values: number[]): void {
    this.column(values);
  }

  /** Base64 of all that was written. */
  done(): string {
    return Buffer.from(this.bytes.buffer, 0, this.length).toString("base64");
  }

  private values(values: ArrayLike<number>): void {
    const places = placesOf(values);
    if (places !== null) this.decimals(values, places);
    else if (every(values, (value) => Object.is(Math.fround(value), value))) {
      this.byte(FLOAT32);
      for (let i = 0; i < values.length; i++) this.float32(values[i] as number);
    } else this.floats(values);
  }

  private decimals(values: ArrayLike<number>, places: number): void {
    this.byte(DECIMAL + places);
    const factor = 10 ** places;
    let before = 0;
    for (let i = 0; i < values.length; i++) {
      const now = Math.round((values[i] as number) * factor);
      const step = now - before;
      this.whole(step < 0 ? -2 * step - 1 : 2 * step);
      before = now;
    }
  }

  private floats(values: ArrayLike<number>): void {
    let zeros = 0;
    for (let i = 0; i < values.length; i++) if (Object.is(values[i], 0)) zeros += 1;
    const isSparse = zeros * 64 > values.length;
    this.byte(isSparse ? SPARSE64 : FLOAT64);
    for (let i = 0; i < values.length; i++) {
      if (isSparse && i % 8 === 0) this.byte(maskAt(values, i));
      if (!isSparse || !Object.is(values[i], 0)) this.float64(values[i] as number);
    }
  }

  private whole(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  private byte(value: number): void {
    this.makeRoom(1);
    this.bytes[this.length++] = value;
  }

  private float32(value: number): void {
    this.makeRoom(4);
    this.view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  private float64(value: number): void {
    this.makeRoom(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  private makeRoom(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(2 * this.bytes.length);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Reads what a `Packer` wrote. Every method throws a RangeError on a text that ends too early or is of another form. */
export class Unpacker {
  private readonly view: DataView;
  private place = 0;

  constructor(text: string) {
    const bytes = Buffer.from(text, "base64");
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  column(): Float64Array {
    const count = this.whole();
    // A constant column is the only one that may be longer than what is left of the text, and none of ours is as long as this.
    if (count > 1e6) throw new RangeError("not a column");
    const values = new Float64Array(count);
    if (count === 0) return values;
    const form = this.byte();
    if (form !== CONSTANT) return this.values(values, form);
    return values.fill(this.values(new Float64Array(1), this.byte())[0] ?? 0);
  }

  /** A column that must be of this length. */
  columnOf(count: number): Float64Array {
    const values = this.column();
    if (values.length !== count) throw new RangeError("a column of another length");
    return values;
  }

  private values(values: Float64Array, form: number): Float64Array {
    if (form >= DECIMAL && form <= DECIMAL + MOST_PLACES) return this.decimals(values, form - DECIMAL);
    if (form === FLOAT32) return values.map(() => this.float32());
    if (form === FLOAT64) return values.map(() => this.float64());
    if (form !== SPARSE64) throw new RangeError("not a column");
    let mask = 0;
    return values.map((_, i) => {
      if (i % 8 === 0) mask = this.byte();
      return (mask >> (i % 8)) & 1 ? this.float64() : 0;
    });
  }

  private decimals(values: Float64Array, places: number): Float64Array {
    const factor = 10 ** places;
    let now = 0;
    return values.map(() => {
      const step = this.whole();
      now += step % 2 === 0 ? step / 2 : -(step + 1) / 2;
      return now / factor;
    });
  }

  private whole(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte % 128) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new RangeError("not a whole number");
  }

  private byte(): number {
    return this.view.getUint8(this.place++);
  }

  private float32(): number {
    this.place += 4;
    return this.view.getFloat32(this.place - 4, true);
  }

  private float64(): number {
    this.place += 8;
    return this.view.getFloat64(this.place - 8, true);
  }
}

function isConstant(values: ArrayLike<number>): boolean {
  return every(values, (value) => Object.is(value, values[0]));
}

function every(values: ArrayLike<number>, is: (value: number) => boolean): boolean {
  for (let i = 0; i < values.length; i++) if (!is(values[i] as number)) return false;
  return true;
}

/** The fewest decimal places that give back every value exactly; null: there is no such number. */
function placesOf(values: ArrayLike<number>): number | null {
  let places = 0;
  for (let i = 0; i < values.length; i++) {
    while (places <= MOST_PLACES && !isDecimal(values[i] as number, 10 ** places)) places += 1;
    if (places > MOST_PLACES) return null;
  }
  const factor = 10 ** places;
  return every(values, (value) => isDecimal(value, factor)) ? places : null;
}

function isDecimal(value: number, factor: number): boolean {
  const whole = Math.round(value * factor);
  // The -0 that is written as 0 is told apart here, and NaN and infinities fail the bound.
  return Math.abs(whole) < MOST_WHOLE && Object.is((whole + 0) / factor, value);
}

function maskAt(values: ArrayLike<number>, from: number): number {
  let mask = 0;
  for (let i = from; i < Math.min(from + 8, values.length); i++) if (!Object.is(values[i], 0)) mask |= 1 << (i - from);
  return mask;
}
