import { gunzipSync } from "node:zlib";

/** The body of a record's message as text, packed or not. `encoding`: its header `Content-Encoding`, empty where there is none. */
export function bodyText(data: Uint8Array, encoding: string): string {
  return new TextDecoder().decode(encoding === "gzip" ? gunzipSync(data) : data);
}

export function bodyJson<T>(data: Uint8Array, encoding: string): T {
  return JSON.parse(bodyText(data, encoding)) as T;
}
