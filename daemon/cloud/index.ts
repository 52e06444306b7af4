export { applyHub, type StreamOutcome } from "./hub-apply.js";
export { hubServerConfig } from "./hub-config.js";
export { loadHubPlan } from "./hub-file.js";
export {
  aggregateName,
  boxPermissions,
  consumerPermissions,
  type HubPlan,
  inboxOf,
  streamsOf,
  usedLanes,
} from "./hub-plan.js";
export { AggregateRelay, type RelayParts } from "./relay.js";
export { type AggregateRecord, type FollowedRecord, type FollowerParts, VenueFollower } from "./venue-follower.js";
