declare module "node-wav" {
  interface Decoded {
    readonly sampleRate: number;
    readonly channelData: readonly Float32Array[];
  }
  const wav: {
    encode(
      channels: readonly Float32Array[],
      options: { readonly sampleRate: number; readonly float: boolean; readonly bitDepth: number },
    ): Buffer;
    decode(bytes: Uint8Array): Decoded;
  };
  export = wav;
}
