export { createFileOutput, type FileOutputOptions } from "./file-output.js";
export type { LostRecords } from "./jetstream-lane.js";
export { createJetStreamOutput, type JetStreamOutputOptions } from "./jetstream-output.js";
export { createLiveFeed, type FeedQuery, type LiveFeed, type LiveFeedOptions } from "./live-feed.js";
export type { DeliverySource, LinkState, Output, OutputStatus } from "./output.js";
export type { OutputLog } from "./output-health.js";
export { streamName } from "./stream-check.js";
export { createWebhookOutput, type WebhookOutputOptions } from "./webhook-output.js";
export { loadSecrets } from "./webhook-signature.js";
