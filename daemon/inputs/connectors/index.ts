export type { Connector, ConnectorObserver, ConnectorParts, ConnectorState } from "./connector.js";
export { type DocumentOptions, OWN_FORMAT } from "./document.js";
export { FolderConnector } from "./folder.js";
export { type HttpSource, publicUrl } from "./http-source.js";
export { PollConnector } from "./poll.js";
export { PushConnector } from "./push.js";
