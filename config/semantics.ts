import { checkConnector } from "./connector-semantics.js";
import { mapOptions } from "./effective.js";
import { joinOr, sayEnum, sayGot } from "./findings.js";
import { isLoopback, parseDurationMs, parseListen, parseRate, parseSize, parseTimeMs } from "./formats.js";
import type { Segments } from "./problem.js";
import { VENUE_SCHEMA } from "./schema.js";
import { checkNats } from "./semantics-nats.js";
import { checkTelemetry } from "./semantics-telemetry.js";

/** What no schema can say: rules between options. Read from unchecked data, so that they are told together with all other errors. */
export interface Remark {
  readonly segments: Segments;
  readonly message: string;
}

type Group = Readonly<Record<string, unknown>>;

export const AUDIO_SOURCES = ["file", "stdin", "fifo", "url"] as const;
const PCM_KEYS = ["format", "sampleRate", "channels"] as const;
/** The live feed and the recording are outputs too, and keep their place under these names. */
export const RESERVED_OUTPUTS = ["live-feed", "recording"] as const;
const MIN_STORE_BYTES = 10_000_000;
/** Shorter outages are everyday. */
const MIN_LAG_MS = 300_000;
/** Less would not even carry the health records. */
const MIN_RATE_BITS = 8000;

/** Errors of a whole file. `data` is as written (environment included), without defaults. */
export function checkMeaning(data: unknown, sports: readonly string[]): Remark[] {
  const root = asGroup(data);
  const inputs = asGroup(root.inputs);
  const audio = asGroups(inputs.audio);
  return [
    ...twice(audio, ["inputs", "audio"], "name"),
    ...twice(audio, ["inputs", "audio"], "fifo"),
    ...twice(asGroups(root.outputs), ["outputs"], "name"),
    ...twice(asGroups(root.outputs), ["outputs"], "path"),
    ...checkOneJetStream(asGroups(root.outputs)),
    ...twice(asGroups(root.sessions), ["sessions"], "session"),
    ...audio.flatMap((input, index) => checkAudio(input, ["inputs", "audio", String(index)])),
    ...checkOneStdin(audio),
    ...checkLogInputs(asGroups(inputs.log), hasServers(root)),
    ...twice(asGroups(inputs.connectors), ["inputs", "connectors"], "name"),
    ...asGroups(inputs.connectors).flatMap((connector, index) =>
      checkConnector(connector, ["inputs", "connectors", String(index)]),
    ),
    ...twice(asGroups(inputs.telemetry), ["inputs", "telemetry"], "name"),
    ...checkTelemetry(
      asGroups(inputs.telemetry),
      hasServers(root),
      asGroups(root.sessions).flatMap(({ session }) => (typeof session === "string" ? [session] : [])),
    ),
    ...asGroups(root.outputs).flatMap((output, index) => checkOutput(output, String(index), hasServers(root))),
    ...asGroups(root.outputs).flatMap((output, index) => checkRoute(asGroup(output.only), String(index), root)),
    ...asGroups(root.sessions).flatMap((session, index) => checkSession(session, String(index), audio, sports)),
    ...checkStore(asGroup(root.store)),
    ...checkNats(asGroup(root.nats)),
  ];
}

/** What is allowed but should be known. */
export function remarkOn(data: unknown): Remark[] {
  const root = asGroup(data);
  const http = asGroup(root.http);
  const remarks: Remark[] = [];
  const address = typeof http.listen === "string" ? parseListen(http.listen) : null;
  if (address !== null && !isLoopback(address.host) && !isGiven(http.tokensFile)) {
    remarks.push({
      segments: ["http", "listen"],
      message: "others can read here, but only this machine itself may write: http.tokensFile is not set",
    });
  }
  if (asGroups(asGroup(root.inputs).audio).length === 0) {
    remarks.push({ segments: ["inputs", "audio"], message: "no audio input: nothing will be heard" });
  }
  if (asGroups(root.outputs).length === 0) {
    remarks.push({ segments: ["outputs"], message: "no output: records stay on this box" });
  }
  asGroups(root.outputs).forEach((output, index) => {
    if (output.type !== "webhook" || isGiven(output.secretFile)) return;
    const message = "no secretFile: the requests are not signed, so the receiver cannot tell who sends them";
    remarks.push({ segments: ["outputs", String(index)], message });
  });
  return [...remarks, ...idleOptions(data)];
}

/** Options that are set but do nothing yet: better said than found out. */
function idleOptions(data: unknown): Remark[] {
  const remarks: Remark[] = [];
  mapOptions(structuredClone(data), VENUE_SCHEMA, (value, option, segments) => {
    if (option.isIdle && isGiven(value))
      remarks.push({ segments, message: "is accepted, but without effect in this version" });
    return value;
  });
  return remarks;
}

function checkAudio(input: Group, segments: Segments): Remark[] {
  const sources = AUDIO_SOURCES.filter((key) => isGiven(input[key]) && input[key] !== false);
  const first = sources[0];
  if (first === undefined) {
    return [{ segments, message: `needs a source: exactly one of ${joinOr(AUDIO_SOURCES)}` }];
  }
  if (sources.length > 1) {
    return sources.slice(1).map((key) => ({
      segments: [...segments, key],
      message: `a second source beside ${first}: give exactly one of ${joinOr(AUDIO_SOURCES)}`,
    }));
  }
  const isPcm = first === "stdin" || first === "fifo";
  const remarks: Remark[] = PCM_KEYS.filter((key) => !isPcm && isGiven(input[key])).map((key) => ({
    segments: [...segments, key],
    message: `is for raw PCM (stdin, fifo) only: what comes from ${first} says it itself`,
  }));
  const channels = typeof input.channels === "number" ? input.channels : 1;
  if (isPcm && typeof input.channel === "number" && input.channel >= channels) {
    remarks.push({
      segments: [...segments, "channel"],
      message: `must be less than channels, which is ${channels}: the first channel is 0 ${sayGot(input.channel)}`,
    });
  }
  return remarks;
}

function checkOneStdin(audio: readonly Group[]): Remark[] {
  return indicesOf(audio, (input) => input.stdin === true)
    .slice(1)
    .map((index) => ({
      segments: ["inputs", "audio", String(index), "stdin"],
      message: "another input reads the standard input already: there is only one",
    }));
}

function checkLogInputs(inputs: readonly Group[], canNats: boolean): Remark[] {
  return inputs.flatMap((input, index) => {
    const segments = ["inputs", "log", String(index)];
    const remarks = checkPath(input, segments);
    const needsServers = input.type === "nats" || input.type === "jetstream";
    if (needsServers && !canNats) remarks.push({ segments: [...segments, "type"], message: NEEDS_SERVERS });
    remarks.push(...checkStream(input, segments));
    const same = inputs.findIndex(
      (other) => other.type === input.type && other.path === input.path && other.stream === input.stream,
    );
    if (same < index && typeof input.type === "string") {
      remarks.push({ segments, message: `is the same as inputs.log[${same}]` });
    }
    return remarks;
  });
}

/** Type `jetstream` and a stream belong together. */
function checkStream(input: Group, segments: Segments): Remark[] {
  if (input.type === "jetstream")
    return isGiven(input.stream) ? [] : [{ segments, message: "type jetstream needs a stream" }];
  if (typeof input.type !== "string") return [];
  return (["stream", "durable"] as const)
    .filter((key) => isGiven(input[key]))
    .map((key) => ({ segments: [...segments, key], message: `is for type jetstream only, and this is ${input.type}` }));
}

const NEEDS_SERVERS = "needs nats.servers, which is empty";

function checkOutput(output: Group, index: string, canNats: boolean): Remark[] {
  const segments = ["outputs", index];
  const remarks = checkPath(output, segments);
  const tell = (key: string, message: string) => remarks.push({ segments: [...segments, key], message });
  if (output.type === "jetstream" && !canNats) tell("type", NEEDS_SERVERS);
  const lagMs = typeof output.maxLag === "string" ? parseDurationMs(output.maxLag) : null;
  if (lagMs !== null && lagMs < MIN_LAG_MS) tell("maxLag", `must be at least 5m ${sayGot(output.maxLag)}`);
  remarks.push(...checkWebhook(output, segments), ...checkBudget(output, segments));
  if (RESERVED_OUTPUTS.some((name) => name === output.name)) {
    tell("name", `is the name of an output of our own ${sayGot(output.name)}`);
  }
  return remarks;
}

/** Limits that are about one kind of record. */
const KIND_OF_LIMIT = { teams: "event", cars: "fuel", minInterest: "moment" } as const;

function checkRoute(only: Group, index: string, root: Group): Remark[] {
  const segments = ["outputs", index, "only"];
  const kinds = Array.isArray(only.kinds) ? only.kinds : null;
  const remarks = Object.entries(KIND_OF_LIMIT)
    .filter(([key, kind]) => kinds !== null && isGiven(only[key]) && !kinds.includes(kind))
    .map(([key, kind]) => ({
      segments: [...segments, key],
      message: `limits ${kind} records, which kinds leaves out: add ${kind} there, or take this out`,
    }));
  if (isGiven(only.minInterest) && isGiven(only.classes)) {
    const message = "moments have no class, so classes leaves them all out: give them an output of their own";
    remarks.push({ segments: [...segments, "minInterest"], message });
  }
  return [...remarks, ...checkRouteSessions(only.sessions, [...segments, "sessions"], asGroups(root.sessions))];
}

/** Where the file declares sessions, a route may name those only; where it declares none, they are announced by message. */
function checkRouteSessions(wanted: unknown, segments: Segments, declared: readonly Group[]): Remark[] {
  const names = declared.flatMap(({ session }) => (typeof session === "string" ? [session] : []));
  if (!Array.isArray(wanted) || names.length === 0) return [];
  return wanted.flatMap((name: unknown, index) => {
    if (typeof name !== "string" || names.includes(name)) return [];
    const message = `names no session of this file: ${sayEnum(names, name)}`;
    return [{ segments: [...segments, String(index)], message }];
  });
}

const WEBHOOK_KEYS = ["url", "secretFile", "batch", "timeout", "refused"] as const;

function checkWebhook(output: Group, segments: Segments): Remark[] {
  if (output.type !== "webhook") {
    if (typeof output.type !== "string") return [];
    return WEBHOOK_KEYS.filter((key) => isGiven(output[key])).map((key) => ({
      segments: [...segments, key],
      message: `is for type webhook only, and this is ${output.type}`,
    }));
  }
  if (!isGiven(output.url)) return [{ segments, message: "type webhook needs a url" }];
  const url = typeof output.url === "string" && URL.canParse(output.url) ? new URL(output.url) : null;
  const host = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
  if (url?.protocol !== "http:" || isLoopback(host)) return [];
  return [{ segments: [...segments, "url"], message: "must be https: http is for this machine itself only" }];
}

function checkBudget(output: Group, segments: Segments): Remark[] {
  const remarks: Remark[] = [];
  const tell = (key: string, message: string) => remarks.push({ segments: [...segments, key], message });
  if (typeof output.type !== "string") return [];
  if (isGiven(output.maxRate) && output.type === "file")
    tell("maxRate", `is for types jetstream and webhook only, and this is ${output.type}`);
  const rate = typeof output.maxRate === "string" ? parseRate(output.maxRate) : null;
  if (rate !== null && rate < MIN_RATE_BITS) tell("maxRate", `must be at least 8kbit/s ${sayGot(output.maxRate)}`);
  if (isGiven(output.compress) && output.type !== "jetstream")
    tell("compress", `is for type jetstream only, and this is ${output.type}`);
  if (isGiven(output.supersede) && output.type !== "jetstream")
    tell("supersede", `is for type jetstream only, and this is ${output.type}`);
  const supersedeMs = typeof output.supersede === "string" ? parseDurationMs(output.supersede) : null;
  if (supersedeMs !== null && (supersedeMs < 1000 || supersedeMs > 60_000))
    tell("supersede", `must be from 1s to 1min ${sayGot(output.supersede)}`);
  return remarks;
}

function checkOneJetStream(outputs: readonly Group[]): Remark[] {
  return indicesOf(outputs, (output) => output.type === "jetstream")
    .slice(1)
    .map((index) => ({
      segments: ["outputs", String(index), "type"],
      message: "another output is jetstream already: a box has one stream per lane",
    }));
}

function indicesOf(groups: readonly Group[], isWanted: (group: Group) => boolean): number[] {
  return groups.flatMap((group, index) => (isWanted(group) ? [index] : []));
}

/** Type `file` and a path belong together. */
function checkPath(group: Group, segments: Segments): Remark[] {
  if (group.type === "file" && !isGiven(group.path)) {
    return [{ segments, message: "type file needs a path" }];
  }
  if (typeof group.type === "string" && group.type !== "file" && isGiven(group.path)) {
    return [{ segments: [...segments, "path"], message: `is for type file only, and this is ${group.type}` }];
  }
  return [];
}

function checkSession(session: Group, index: string, audio: readonly Group[], sports: readonly string[]): Remark[] {
  const segments = ["sessions", index];
  const remarks: Remark[] = [];
  if (typeof session.sport === "string" && session.sport !== "" && !sports.includes(session.sport)) {
    remarks.push({
      segments: [...segments, "sport"],
      message: `no profile of this sport: ${sayEnum(sports, session.sport)}`,
    });
  }
  const start = typeof session.scheduledStart === "string" ? parseTimeMs(session.scheduledStart) : null;
  const end = typeof session.scheduledEnd === "string" ? parseTimeMs(session.scheduledEnd) : null;
  if (start !== null && end !== null && end <= start) {
    remarks.push({
      segments: [...segments, "scheduledEnd"],
      message: `must be after scheduledStart ${session.scheduledStart} ${sayGot(session.scheduledEnd)}`,
    });
  }
  return [...remarks, ...checkChannels(session.channels, segments, audio)];
}

/** A channel is an input's name, or `name.<number>` of an input with several channels. */
function checkChannels(channels: unknown, segments: Segments, audio: readonly Group[]): Remark[] {
  if (!Array.isArray(channels)) return [];
  const names = [...new Set(audio.flatMap((input) => (typeof input.name === "string" ? [input.name] : [])))];
  return channels.flatMap((channel: unknown, index) => {
    if (typeof channel !== "string" || channel === "") return [];
    if (names.some((name) => channel === name || channel.replace(/\.\d{1,2}$/, "") === name)) return [];
    const message =
      names.length === 0
        ? `names no audio input: there is none ${sayGot(channel)}`
        : `names no audio input: ${sayEnum(names, channel)}`;
    return [{ segments: [...segments, "channels", String(index)], message }];
  });
}

function checkStore(store: Group): Remark[] {
  const bytes = typeof store.maxBytes === "string" ? parseSize(store.maxBytes) : store.maxBytes;
  if (typeof bytes !== "number" || bytes < 1 || bytes >= MIN_STORE_BYTES) return [];
  return [{ segments: ["store", "maxBytes"], message: `must be at least 10MB ${sayGot(store.maxBytes)}` }];
}

function twice(groups: readonly Group[], segments: Segments, key: string): Remark[] {
  const firsts = new Map<string, number>();
  return groups.flatMap((group, index) => {
    const value = group[key];
    if (typeof value !== "string") return [];
    const first = firsts.get(value);
    if (first === undefined) {
      firsts.set(value, index);
      return [];
    }
    const where = `${segments.join(".")}[${first}]`;
    return [{ segments: [...segments, String(index), key], message: `is taken by ${where} already ${sayGot(value)}` }];
  });
}

function hasServers(root: Group): boolean {
  const servers = asGroup(root.nats).servers;
  return Array.isArray(servers) ? servers.length > 0 : isGiven(servers);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function asGroup(value: unknown): Group {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Group) : {};
}

function asGroups(value: unknown): Group[] {
  return Array.isArray(value) ? value.map(asGroup) : [];
}
