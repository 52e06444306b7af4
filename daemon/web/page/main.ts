import { Channels } from "./channels.js";
import { byId, setText } from "./dom.js";
import { EventsTable } from "./events-table.js";
import { followFeed } from "./feed.js";
import { FuelTable } from "./fuel-table.js";
import { MomentsList } from "./moments-list.js";
import {
  type CarView,
  type FeedRecord,
  isCueData,
  isEventData,
  isFuelData,
  isMomentData,
  type LiveMessage,
} from "./protocol.js";
import { connectForEver } from "./reconnecting-socket.js";
import { HeardList, showBoxState, showStatus, showSummary } from "./side-panels.js";
import { followTheme } from "./theme.js";

const channels = new Channels();
const events = new EventsTable();
const heard = new HeardList();
const moments = new MomentsList();
const fuel = new FuelTable();

function takeLive(message: unknown): void {
  const live = message as LiveMessage;
  if (live.type === "hello") channels.begin(live);
  if (live.type === "status") showStatus(live);
  if (live.type === "summary") showSummary(live);
  if (live.type !== "frame") return;
  for (const frame of live.channels) channels.show(frame);
}

function takeRecord({ data }: FeedRecord): void {
  if (isEventData(data)) events.show(data);
  if (isMomentData(data)) moments.show(data);
  if (isFuelData(data)) fuel.show(data);
  if (isCueData(data)) {
    channels.mark(data);
    heard.show(data);
  }
}

/** What was heard and found before the page opened; the feed tells the events itself. */
async function loadCues(): Promise<void> {
  const response = await fetch("/v1/cues?limit=50");
  const { cues } = (await response.json()) as { cues: FeedRecord[] };
  for (const record of cues.reverse()) takeRecord(record);
}

async function loadMoments(): Promise<void> {
  const response = await fetch("/v1/moments?limit=500");
  const { moments: told } = (await response.json()) as { moments: FeedRecord[] };
  for (const record of told) takeRecord(record);
}

async function loadFuel(): Promise<void> {
  const response = await fetch("/v1/fuel");
  const { cars } = (await response.json()) as { cars: CarView[] };
  for (const car of cars) fuel.load(car);
}

function showClock(): void {
  setText(byId("clock"), `${new Date().toISOString().slice(11, 19)} UTC`);
}

// Browsers that do not let a keyboard scroll a table need it said.
byId("events").tabIndex = 0;
byId("cars").tabIndex = 0;
followTheme(() => channels.redraw());
showClock();
setInterval(showClock, 1000);
connectForEver(() => "/v1/live", {
  onMessage: takeLive,
  onOpen: () => undefined,
  onLost: () => showBoxState("lost", ["The box cannot be reached; trying again"]),
  isTalkative: true,
});
followFeed({
  onRecord: takeRecord,
  onBegin: () => {
    // Without them the marks of the last minute are missing; the next ones come by the feed.
    loadCues().catch(() => undefined);
    loadMoments().catch(() => undefined);
    loadFuel().catch(() => undefined);
  },
});
