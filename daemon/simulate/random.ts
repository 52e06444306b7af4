/**
 * Random numbers that are the same on every machine for a seed: xoshiro128++ (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", 2021), seeded by a hash of a name. Each part of a simulation draws from a stream of its
 * own name, so that a change in one part leaves the others' numbers as they were.
 */
export class Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(name: string) {
    this.#name = name;
    const hash = hashWords(name);
    this.#a = hash[0];
    this.#b = hash[1];
    this.#c = hash[2];
    this.#d = hash[3] | 1;
  }

  /** An independent stream; drawing from it does not move this one. */
  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`);
  }

  /** Uniform in [0, 1). */
  next(): number {
    const sum = (this.#a + this.#d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + this.#a) | 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return (result >>> 0) / 4294967296;
  }

  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Standard normal (Box and Muller 1958). */
  normal(mean = 0, sd = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return mean + sd * radius * Math.cos(2 * Math.PI * this.next());
  }

  lognormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** Laplace with scale `b`. */
  laplace(b: number): number {
    const u = this.next() - 0.5;
    return -b * Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.integer(0, items.length - 1)] ?? items[0];
  }

  /** Six letters and digits that say nothing about time or order. */
  id(): string {
    return Math.floor(this.next() * 36 ** 6)
      .toString(36)
      .padStart(6, "0");
  }

  /** A key of `weights`, drawn in proportion to its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const keys = Object.keys(weights) as K[];
    let left = this.next() * keys.reduce((sum, key) => sum + weights[key], 0);
    for (const key of keys) {
      left -= weights[key];
      if (left < 0) return key;
    }
    return keys[keys.length - 1] as K;
  }
}

/** Four 32-bit words from a text: FNV-1a per word with different bases, then the finaliser of MurmurHash3. */
function hashWords(text: string): [number, number, number, number] {
  return [
    hashWord(text, 0x811c9dc5),
    hashWord(text, 0x9e3779b9),
    hashWord(text, 0x85ebca6b),
    hashWord(text, 0xc2b2ae35),
  ];
}

function hashWord(text: string, basis: number): number {
  let hash = basis | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
