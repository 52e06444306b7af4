const REAL = 0;
const FORWARD = 0;
const BYTES = 4;

/** A module of one v128 function: it validates only where WebAssembly SIMD is there. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/**
 * Real forward transform of one size. Write `size` samples into `input()`, call `run()`, read the result:
 * `[DC, Nyquist, re1, im1, re2, im2, …]`, not scaled. One transform per size is shared by all listeners of the thread;
 * that is safe because nobody keeps data in it between two calls. Ask for `input()` anew each time: the view moves when the memory grows.
 */
export class RealTransform {
  readonly size: number;
  readonly #module: PffftModule;
  readonly #setup: number;
  readonly #input: number;
  readonly #output: number;
  readonly #work: number;
  #inputView: Float32Array;
  #outputView: Float32Array;

  constructor(module: PffftModule, size: number) {
    this.size = size;
    this.#module = module;
    this.#setup = module._pffft_new_setup(size, REAL);
    this.#input = module._pffft_aligned_malloc(size * BYTES);
    this.#output = module._pffft_aligned_malloc(size * BYTES);
    this.#work = module._pffft_aligned_malloc(size * BYTES);
    this.#inputView = this.#view(this.#input);
    this.#outputView = this.#view(this.#output);
  }

  input(): Float32Array {
    if (this.#inputView.length === 0) this.#inputView = this.#view(this.#input);
    return this.#inputView;
  }

  run(): Float32Array {
    this.#module._pffft_transform_ordered(this.#setup, this.#input, this.#output, this.#work, FORWARD);
    if (this.#outputView.length === 0) this.#outputView = this.#view(this.#output);
    return this.#outputView;
  }

  #view(pointer: number): Float32Array {
    return new Float32Array(this.#module.HEAPF32.buffer, pointer, this.size);
  }
}

/** Gives transforms by size; each size is planned once. */
export class Transforms {
  readonly hasSimd: boolean;
  readonly #module: PffftModule;
  readonly #bySize = new Map<number, RealTransform>();

  constructor(module: PffftModule, hasSimd: boolean) {
    this.#module = module;
    this.hasSimd = hasSimd;
  }

  /** `size`: one that `transformSize` gave. */
  get(size: number): RealTransform {
    let transform = this.#bySize.get(size);
    if (transform === undefined) {
      transform = new RealTransform(this.#module, size);
      this.#bySize.set(size, transform);
    }
    return transform;
  }
}

/** The size nearest to `wanted` that pffft supports for real input with SIMD: a multiple of 32 of the form 2^a 3^b 5^c. */
export function transformSize(wanted: number): number {
  const middle = Math.max(32, Math.round(wanted / 32) * 32);
  for (let step = 0; ; step += 32) {
    if (middle - step >= 32 && isSmooth(middle - step)) return middle - step;
    if (isSmooth(middle + step)) return middle + step;
  }
}

function isSmooth(size: number): boolean {
  let rest = size;
  for (const factor of [2, 3, 5]) while (rest % factor === 0) rest /= factor;
  return rest === 1;
}

let loading: Promise<Transforms> | null = null;

/** Loads the WebAssembly module once per thread: the SIMD build, or the scalar one (5 times slower) where the processor or engine has no SIMD. */
export function loadTransforms(): Promise<Transforms> {
  loading ??= load(WebAssembly.validate(SIMD_PROBE));
  return loading;
}

/** As `loadTransforms`, with the choice of build made by the caller and no sharing. */
export async function load(useSimd: boolean): Promise<Transforms> {
  const { default: create } = useSimd
    ? await import("@echogarden/pffft-wasm/simd")
    : await import("@echogarden/pffft-wasm");
  return new Transforms(await create(), useSimd);
}
