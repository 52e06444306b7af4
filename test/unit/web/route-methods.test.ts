import { expect, it } from "vitest";
import { allowedMethods } from "../../../daemon/web/route-methods.js";

const ROUTES = [
  { method: "GET", url: "/" },
  { method: "POST", url: "/v1/in/:what" },
  { method: "GET", url: "/schemas/*" },
  { method: "HEAD", url: "/schemas/*" },
  { method: "GET", url: "/openapi.json" },
];

it("finds the methods of a path by the router's patterns, each character literal but for names and stars", () => {
  expect(allowedMethods(ROUTES, "/v1/in/log")).toEqual(["POST"]);
  expect(allowedMethods(ROUTES, "/v1/in/log/more")).toEqual([]);
  expect(allowedMethods(ROUTES, "/schemas/in/log.schema.json")).toEqual(["GET", "HEAD"]);
  expect(allowedMethods(ROUTES, "/openapiXjson")).toEqual([]);
  expect(allowedMethods(ROUTES, "/")).toEqual(["GET"]);
});
