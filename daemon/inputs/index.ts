export {
  type AudioThread,
  type AudioThreadOptions,
  createClipWriter,
  hearSource,
  isStreamUrl,
  type ListenerSnapshot,
  openAudioFile,
  openPcm,
  openStdinSource,
  PCM_FORMATS,
  type PcmFormat,
  type PcmLayout,
  type SampleSource,
  type SourceWarning,
  startAudio,
} from "./audio/index.js";
export type {
  AudioInputHandlers,
  AudioInputSpec,
  AudioInputState,
  AudioSource,
  ChannelReport,
} from "./audio-input.js";
export {
  type Connector,
  type ConnectorObserver,
  type ConnectorParts,
  type ConnectorState,
  FolderConnector,
  type HttpSource,
  PollConnector,
  PushConnector,
  publicUrl,
} from "./connectors/index.js";
export { type JsonLimits, type JsonResult, MESSAGE_LIMITS, parseJson } from "./json-text.js";
export { LogFileInput, type LogFileOptions } from "./log/log-file.js";
export { type MessageSubscriber, type NatsInputParts, startNatsInput } from "./log/log-nats.js";
export { type StreamInputParts, type StreamReader, startStreamInput } from "./log/log-stream.js";
export { ARCHIVED_STAMPS, LIVE_STAMPS, type StampRule, toLoggedEvent } from "./logged-event.js";
export { MESSAGE_SCHEMAS } from "./message-schemas.js";
export { createMessageSink, type MessageSinkParts } from "./message-sink.js";
export { checkMessage, isInputKind, messageProblems } from "./messages.js";
export type { InputSink, Receipt } from "./sink.js";
export * from "./telemetry/index.js";
