import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type ConfigProblem,
  configHash,
  defaultVenueConfig,
  type Environment,
  effectiveValues,
  formatProblem,
  type LoadResult,
  loadVenueConfig,
  parseVenueConfig,
  redacted,
  type VenueConfig,
} from "../../../config/index.js";
import { PACKAGE_ROOT } from "../../../daemon/package-files.js";

function load(text: string | Uint8Array, env: Environment = {}): LoadResult {
  return parseVenueConfig(typeof text === "string" ? new TextEncoder().encode(text) : text, "/etc/venue.yaml", env);
}

function problems(text: string | Uint8Array, env: Environment = {}): readonly ConfigProblem[] {
  const result = load(text, env);
  return result.ok ? [] : result.problems;
}

function said(text: string | Uint8Array, env: Environment = {}): string[] {
  return problems(text, env).map(formatProblem);
}

function config(text: string, env: Environment = {}): VenueConfig {
  const result = load(text, env);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.config;
}

describe("a venue file", () => {
  it("needs a venue and nothing else", () => {
    expect(config("venue: arena")).toEqual({
      venue: "arena",
      box: "a",
      http: { listen: "127.0.0.1:8470", tokensFile: null, allowedHosts: [], maxBodyBytes: 1_000_000 },
      store: { path: "/etc/touchline.db", maxBytes: 20_000_000_000 },
      nats: {
        servers: [],
        credsFile: null,
        nkeyFile: null,
        tokenFile: null,
        loginFile: null,
        inboxPrefix: null,
        tls: { caFile: null, certFile: null, keyFile: null, handshakeFirst: false },
      },
      inputs: {
        audio: [],
        log: [{ type: "http", path: null, stream: null, durable: null }],
        telemetry: [],
        connectors: [],
      },
      outputs: [],
      sessions: [],
      log: { level: "info", format: "auto" },
    });
  });

  it("may hold groups that are empty, as when a person comments their lines out", () => {
    const text = "venue: arena\nhttp:\ninputs:\n  audio:\n  log:\noutputs:\nsessions:\nnats: {}\n";
    expect(config(text)).toEqual(config("venue: arena"));
  });

  it("takes relative paths from its own folder and leaves absolute ones", () => {
    const text = `venue: arena
inputs: { audio: [{ name: a, file: sound/a.wav }], log: [{ type: file, path: ../log.jsonl }] }
outputs: [{ name: f, type: file, path: /var/out.jsonl }]`;
    const { inputs, outputs, store } = config(text);
    expect([inputs.audio[0]?.file, inputs.log[0]?.path, outputs[0]?.path, store.path]).toEqual([
      "/etc/sound/a.wav",
      "/log.jsonl",
      "/var/out.jsonl",
      "/etc/touchline.db",
    ]);
  });

  it("keeps its database in the service's state folder, unless it names another", () => {
    const env = { STATE_DIRECTORY: "/var/lib/touchline" };
    expect(config("venue: arena", env).store.path).toBe("/var/lib/touchline/touchline.db");
    expect(config("venue: arena\nstore: { path: my.db }", env).store.path).toBe("/etc/my.db");
  });

  it("reads sizes as bytes and durations as milliseconds", () => {
    const text = "venue: a\nstore: { maxBytes: 1.5GiB }\noutputs: [{ name: f, type: file, path: f, maxLag: 48h }]";
    const { store, outputs } = config(text);
    expect([store.maxBytes, outputs[0]?.maxLag]).toEqual([1.5 * 2 ** 30, 172_800_000]);
  });

  it("reads rates as bits a second", () => {
    const text = "venue: a\noutputs: [{ name: w, type: webhook, url: https://p.example, maxRate: 100kbit/s }]";
    expect(config(text).outputs[0]).toMatchObject({ maxRate: 100_000, compress: false });
  });

  it("may say where its microphones are", () => {
    const result = load("venue: a\ninputs:\n  audio: [{ name: f, file: f, position: [0, -34.5] }]\n");
    expect(result.ok && result.config.inputs.audio[0]?.position).toEqual([0, -34.5]);
    expect(result.ok ? result.warnings.map(formatProblem).join() : "failed").not.toContain("position");
  });

  it("is told what is allowed but should be known, with its place", () => {
    const result = load("venue: a\nhttp:\n  listen: 0.0.0.0:8470\n");
    const warnings = result.ok ? result.warnings.map(formatProblem) : [];
    expect(warnings).toContainEqual(
      expect.stringMatching(/^\/etc\/venue\.yaml:3:11 http\.listen: .*only this machine/),
    );
  });
});

describe("mistakes in a venue file", () => {
  it("are all told at once, each with its place", async () => {
    const file = join(PACKAGE_ROOT, "test/fixtures/config/every-mistake.yaml");
    const result = loadVenueConfig(file, { TOUCHLINE_STOR_PATH: "x", TOUCHLINE_HTTP_MAX_BODY_BYTES: "9 apples" });
    expect(result.ok).toBe(false);
    const lines = result.ok
      ? []
      : result.problems.map((problem) => formatProblem({ ...problem, file: problem.file.replace(file, "venue.yaml") }));
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../../golden/check-config/every-mistake.txt");
    // Every line but the first (a comment) and those that only open a group has something wrong with it.
    const places = new Set(result.ok ? [] : result.problems.map(({ line }) => line));
    expect([...places].filter((line) => line !== null).length).toBeGreaterThanOrEqual(25);
  });

  it("point at the very text that is wrong", () => {
    const text = readFileSync(join(PACKAGE_ROOT, "test/fixtures/config/every-mistake.yaml"), "utf8").split("\n");
    const problem = problems(text.join("\n")).find(({ path }) => path === "inputs.audio[1].role");
    expect(text[(problem?.line ?? 0) - 1]?.slice((problem?.column ?? 0) - 1)).toBe("ambient");
  });

  it.each([
    [
      "an unknown key",
      "venue: a\nhttp:\n  lisen: x",
      "/etc/venue.yaml:3:3 http.lisen: unknown key. Did you mean listen?",
    ],
    [
      "a key at the wrong level",
      "venue: a\nlisten: x",
      "/etc/venue.yaml:2:1 listen: unknown key. Did you mean http.listen?",
    ],
    [
      "a key that stands twice",
      "venue: a\nbox: a\nbox: b",
      "/etc/venue.yaml:3:1 box: stands here a second time; the first is on line 2",
    ],
    [
      "a key that stands twice further down",
      "venue: a\ninputs:\n  audio:\n    - name: x\n      file: f\n      name: y",
      "/etc/venue.yaml:6:7 inputs.audio[0].name: stands here a second time; the first is on line 4",
    ],
    ["a tab", "venue: a\nhttp:\n\tlisten: x", "/etc/venue.yaml:3:1: indented with a tab. Use spaces"],
    [
      "a number where a name is due",
      "venue: 07",
      "/etc/venue.yaml:1:8 venue: must be a name: 1 to 64 letters, digits, '_', '-' or '.', the first one a letter, digit or '_' (got 7). Put it in quotes",
    ],
    [
      "a second document",
      "venue: a\n---\nvenue: b",
      "/etc/venue.yaml:2:1: a second document begins here ('---'): one file is one configuration",
    ],
    ["an empty file", "", "/etc/venue.yaml:1:1 venue: is missing"],
    ["a list", "- venue: a", "/etc/venue.yaml:1:1: must hold keys, such as 'venue: arena'"],
    [
      "a source that is missing",
      "venue: a\ninputs: { audio: [{ name: x }] }",
      "/etc/venue.yaml:2:19 inputs.audio[0]: needs a source: exactly one of file, stdin, fifo or url",
    ],
    [
      "a webhook whose address is none",
      "venue: a\noutputs: [{ name: x, type: webhook, url: u }]",
      "/etc/venue.yaml:2:42 outputs[0].url: must be an https address without a user, such as https://partner.example/touchline",
    ],
    [
      "a webhook without TLS to another machine",
      "venue: a\noutputs: [{ name: x, type: webhook, url: 'http://10.0.0.5/in' }]",
      "/etc/venue.yaml:2:42 outputs[0].url: must be https: http is for this machine itself only",
    ],
    [
      "a limit on what is left out",
      "venue: a\noutputs: [{ name: x, type: file, path: p, only: { kinds: [cue], teams: [home] } }]",
      "outputs[0].only.teams: limits event records, which kinds leaves out: add event there, or take this out",
    ],
    [
      "a limit that no record can meet",
      "venue: a\noutputs: [{ name: x, type: file, path: p, only: { classes: [goal], minInterest: 0.5 } }]",
      "outputs[0].only.minInterest: moments have no class, so classes leaves them all out",
    ],
    [
      "a session that is not there",
      "venue: a\noutputs: [{ name: x, type: file, path: p, only: { sessions: [cub] } }]\nsessions: [{ session: cup, sport: football, scheduledStart: 2026-05-16T18:30:00Z }]",
      "/etc/venue.yaml:2:62 outputs[0].only.sessions[0]: names no session of this file: must be cup",
    ],
    [
      "a lag that every hiccup reaches",
      "venue: a\noutputs: [{ name: x, type: file, path: p, maxLag: 30s }]",
      'outputs[0].maxLag: must be at least 5m (got "30s")',
    ],
    [
      "a cap that is none",
      "venue: a\noutputs: [{ name: x, type: webhook, url: https://p.example, secretFile: s, maxRate: 0.1kbit/s }]",
      'outputs[0].maxRate: must be at least 8kbit/s (got "0.1kbit/s")',
    ],
    [
      "a cap in bytes",
      "venue: a\noutputs: [{ name: x, type: webhook, url: https://p.example, secretFile: s, maxRate: 100kB/s }]",
      "outputs[0].maxRate: must be a rate such as 100kbit/s or 1.5Mbit/s",
    ],
    [
      "a cap on a file",
      "venue: a\noutputs: [{ name: x, type: file, path: p, maxRate: 100kbit/s }]",
      "outputs[0].maxRate: is for types jetstream and webhook only, and this is file",
    ],
    [
      "a webhook with gzip",
      "venue: a\noutputs: [{ name: x, type: webhook, url: https://p.example, secretFile: s, compress: true }]",
      "outputs[0].compress: is for type jetstream only, and this is webhook",
    ],
    [
      "a webhook that goes nowhere",
      "venue: a\noutputs: [{ name: x, type: webhook }]",
      "/etc/venue.yaml:2:11 outputs[0]: type webhook needs a url",
    ],
    [
      "a webhook's key on a file",
      "venue: a\noutputs: [{ name: x, type: file, path: p, secretFile: s }]",
      "outputs[0].secretFile: is for type webhook only, and this is file",
    ],
    ["an alias to nothing", "venue: *x", "/etc/venue.yaml:1:8: *x names nothing: no &x stands before it"],
  ])("%s", (_name, text, expected) => {
    const lines = said(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(expected);
  });

  it("never show the password of an address", () => {
    const text =
      "venue: a\nnats: { servers: ['nats://u:hush@h:4222/x'] }\ninputs: { audio: [{ name: a, url: 'u:hush@h' }] }";
    expect(said(text).join("\n")).toContain("nats://***@h");
    expect(said(text).join("\n")).not.toContain("hush");
  });

  it("are told for files that cannot be read", () => {
    const missing = loadVenueConfig("/nowhere/venue.yaml", {});
    expect(missing.ok ? [] : missing.problems.map(formatProblem)).toEqual([
      "/nowhere/venue.yaml: there is no such file",
    ]);
    const folder = loadVenueConfig(PACKAGE_ROOT, {});
    expect(folder.ok ? [] : folder.problems.map(formatProblem)).toEqual([`${PACKAGE_ROOT}: is a folder, not a file`]);
  });

  it("are told for texts in another encoding, too large or nested without end", () => {
    expect(said(Buffer.from("\ufeffvenue: a", "utf16le"))).toEqual([
      "/etc/venue.yaml: is not UTF-8 text. Save it again as UTF-8",
    ]);
    expect(said("#".repeat(2_000_000))[0]).toContain("is larger than 1 MB");
    expect(said(`venue: ${"[".repeat(5000)}`).length).toBeGreaterThan(0);
  });

  it("have the same places whatever ends the lines", () => {
    const text = "venue: a\nhttp:\n  lisen: x\n";
    expect(said(text.replaceAll("\n", "\r\n"))).toEqual(said(text));
    expect(said(`\ufeff${text}`)).toEqual(said(text));
  });
});

describe("the environment", () => {
  it("wins over the file, typed as the option is", () => {
    const env = {
      TOUCHLINE_HTTP_LISTEN: "[::1]:0",
      TOUCHLINE_STORE_MAX_BYTES: "1GB",
      TOUCHLINE_NATS_SERVERS: "nats://a:4222, tls://b:4222",
      PATH: "/bin",
    };
    const { http, store, nats } = config("venue: arena\nhttp: { listen: 127.0.0.1:1 }", env);
    expect([http.listen, store.maxBytes, nats.servers]).toEqual(["[::1]:0", 1e9, ["nats://a:4222", "tls://b:4222"]]);
  });

  it("is checked as strictly as the file, and errors name the variable", () => {
    expect(said("venue: a", { TOUCHLINE_HTTP_LISTEN: "8470", TOUCHLINE_LOG_LEVEL: "inof", TOUCHLINE_BOX: "" })).toEqual(
      [
        "environment TOUCHLINE_BOX: is empty: unset it, or give it a value",
        'environment TOUCHLINE_HTTP_LISTEN: must be an address and a port such as 127.0.0.1:8470 or [::1]:8470 (got "8470")',
        'environment TOUCHLINE_LOG_LEVEL: must be one of error, warn, info or debug (got "inof"). Did you mean info?',
      ],
    );
  });

  it("may not hold variables of ours that nobody knows", () => {
    expect(said("venue: a", { TOUCHLINE_STORE_PTH: "x", TOUCHLINE_ZZZZZZZ: "x" })).toEqual([
      "environment TOUCHLINE_STORE_PTH: unknown variable. Did you mean TOUCHLINE_STORE_PATH?",
      "environment TOUCHLINE_ZZZZZZZ: unknown variable",
    ]);
  });

  it("can stand in for what the file lacks, and hides what is wrong there", () => {
    expect(config("{}", { TOUCHLINE_VENUE: "arena" }).venue).toBe("arena");
    expect(config("venue: a\nhttp: { listen: 5 }", { TOUCHLINE_HTTP_LISTEN: "h:1" }).http.listen).toBe("h:1");
  });

  it("shows in the origin of each value", () => {
    const result = load("venue: arena", { TOUCHLINE_BOX: "b" });
    const values = result.ok ? effectiveValues(result.config, result.originOf) : [];
    expect(values.slice(0, 3)).toEqual([
      { path: "venue", value: "arena", origin: "file" },
      { path: "box", value: "b", origin: "env TOUCHLINE_BOX" },
      { path: "http.listen", value: "127.0.0.1:8470", origin: "default" },
    ]);
  });
});

describe("a loaded configuration", () => {
  const text =
    "venue: a\nnats: { servers: ['nats://u:hush@h:4222'] }\ninputs: { audio: [{ name: x, url: 'srt://h:1?passphrase=hush' }] }";

  it("can be shown without its secrets", () => {
    const shown = JSON.stringify(redacted(config(text)));
    expect(shown).not.toContain("hush");
    expect(shown).toContain("nats://***@h:4222");
    expect(JSON.stringify(config(text))).toContain("hush");
  });

  it("has a hash that changes with any value and with nothing else", () => {
    const hash = configHash(config(text));
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(configHash(config(`# a comment\n${text}`))).toBe(hash);
    expect(configHash(config(`${text}\nbox: b`))).not.toBe(hash);
    expect(configHash(config(text, { TOUCHLINE_BOX: "b" }))).not.toBe(hash);
  });

  it("is there without any file for the demonstration", () => {
    expect(defaultVenueConfig().venue).toBe("demo");
    expect(defaultVenueConfig().inputs.log).toMatchObject([{ type: "http", path: null }]);
  });
});
