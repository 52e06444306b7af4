export type { Cue, CueKind, Heard, InvalidRange, Level, SampleBlock, SampleIndex, SpectrumColumn } from "./cue.js";
