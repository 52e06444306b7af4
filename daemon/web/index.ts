export type { WebServer, WebServerDeps } from "./deps.js";
export {
  type LiveColumn,
  type LiveLevel,
  type LiveReport,
  type LiveStatus,
  type LiveSummary,
  LiveView,
} from "./live-view.js";
export { createWebServer } from "./server.js";
export { loadTokens, TokenSet } from "./tokens.js";
