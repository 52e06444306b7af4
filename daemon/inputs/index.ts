export type { AudioInputHandlers, AudioInputSpec, AudioSource, ChannelReport } from "./audio-input.js";
export type { InputSink, Receipt } from "./sink.js";
