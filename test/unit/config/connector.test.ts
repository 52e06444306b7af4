import { describe, expect, it } from "vitest";
import { parseVenueConfig } from "../../../config/index.js";

function problemsOf(connector: string): string[] {
  const text = `venue: a\ninputs: { connectors: [${connector}] }\n`;
  const result = parseVenueConfig(new TextEncoder().encode(text), "venue.yaml", {});
  return result.ok ? [] : result.problems.map(({ message }) => message);
}

describe("a connector in the configuration", () => {
  it.each([
    "{ name: a, type: poll, url: 'https://x.example/m.json?key=k', format: sportradar, every: 5s, vanished: retract }",
    "{ name: a, type: push, url: 'http://127.0.0.1:1/s', recoverUrl: 'http://127.0.0.1:1/all', silence: 20s }",
    "{ name: a, type: folder, path: exports }",
  ])("%s is right", (connector) => {
    expect(problemsOf(connector)).toEqual([]);
  });

  it.each([
    ["{ name: a, type: poll }", "type poll needs a url"],
    ["{ name: a, type: folder }", "type folder needs a path"],
    ["{ name: a, type: folder, path: x, url: 'https://x.example/' }", "is not for type folder"],
    ["{ name: a, type: poll, url: 'https://x.example/', silence: 5s }", "is not for type poll"],
    ["{ name: a, type: push, url: 'https://x.example/', format: wyscout }", /poll the document instead/],
    ["{ name: a, type: push, url: 'https://x.example/', vanished: retract }", /needs recoverUrl/],
    ["{ name: a, type: poll, url: 'https://user:word@x.example/' }", /without a user/],
    ["{ name: a, type: __proto__, vanished: .nan }", /must be one of poll, push or folder/],
  ])("%s is told what is wrong", (connector, message) => {
    expect(problemsOf(connector)).toContainEqual(
      typeof message === "string" ? message : expect.stringMatching(message),
    );
  });
});
