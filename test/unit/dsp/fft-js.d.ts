/** The package comes without types. */
declare module "fft-js" {
  const fftJs: { fft(signal: number[]): [number, number][]; fftInPlace(signal: number[]): [number, number][] };

  // biome-ignore lint/style/noDefaultExport: CommonJS
  export { fftJs as default };
}
