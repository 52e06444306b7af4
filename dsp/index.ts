export { SPECTRUM_BANDS } from "./bands.js";
export type { Cue, CueKind, Heard, InvalidRange, Level, SampleBlock, SampleIndex, SpectrumColumn } from "./cue.js";
export { createListener, type Listener } from "./listener.js";
