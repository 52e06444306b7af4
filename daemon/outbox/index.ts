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
export { INPUT_KINDS } from "./store.js";
