/** What is used of the packages that come without types. */

interface PffftModule {
  /** Replaced when the module's memory grows; older views are then detached (length 0). */
  readonly HEAPF32: Float32Array;
  _pffft_aligned_malloc(bytes: number): number;
  _pffft_new_setup(size: number, kind: number): number;
  _pffft_transform_ordered(setup: number, input: number, output: number, work: number, direction: number): void;
}

declare module "@echogarden/pffft-wasm" {
  const create: () => Promise<PffftModule>;

  // biome-ignore lint/style/noDefaultExport: the package has nothing else
  export { create as default };
}

declare module "@echogarden/pffft-wasm/simd" {
  const create: () => Promise<PffftModule>;

  // biome-ignore lint/style/noDefaultExport: the package has nothing else
  export { create as default };
}

/** Node has it; the compiler only knows it with the library of browsers, which would bring `window` with it. */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
}
