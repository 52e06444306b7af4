export { type InspectedRecord, StoreInspector, type StoreSummary, type TrackSummary } from "./inspector.js";
export type { Maintained, Retention } from "./messages.js";
export { DEFAULT_RETENTION, openStore, type StoreOptions } from "./open-store.js";
export { type Purged, type PurgeWish, purgeStore } from "./purge.js";
export type { Salvage } from "./salvaged.js";
export type {
  AcceptedMessage,
  CommitBatch,
  Committed,
  InboxMessage,
  InputKind,
  LaneCursor,
  OutputRoute,
  Snapshot,
  Store,
  StoreStats,
} from "./store.js";
export { INBOX_KEPT_CORE, INPUT_KINDS } from "./store.js";
export type { StoreClient } from "./store-client.js";
export { isSound, type Verdict, verifyStore } from "./verify.js";
