import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { type ConfigProblem, formatPath, type Segments } from "./problem.js";

const MAX_BYTES = 1_000_000;
/** One bracket that is missing makes the parser complain of every line after it. */
const MAX_SYNTAX_PROBLEMS = 20;

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text as data, with the place of everything in it. */
export interface YamlText {
  /** The data; `undefined` when the syntax does not allow one to be told. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Place of a value, or of its key; of the nearest group around it when it is not there. */
  placeOf(segments: Segments, at: "value" | "key" | "missing"): Place;
}

/** Reads one YAML document. Never throws; syntax errors and double keys are problems with their place. */
export function readYaml(bytes: Uint8Array, file: string): YamlText {
  const unplaced = (message: string): YamlText => ({
    value: undefined,
    problems: [{ file, line: null, column: null, path: "", message }],
    placeOf: () => ({ line: 1, column: 1 }),
  });
  if (bytes.byteLength > MAX_BYTES) return unplaced(`is larger than ${MAX_BYTES / 1e6} MB: this is no configuration`);
  const text = decodeUtf8(bytes);
  if (text === null) return unplaced("is not UTF-8 text. Save it again as UTF-8");
  try {
    return parseText(text, file);
  } catch (thrown) {
    // The parser itself gives up on some texts (aliases that multiply, recursion): that is the file's fault, not ours.
    return unplaced(`cannot be read as YAML: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8: the caller says so.
    return null;
  }
}

function parseText(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const lost = lostAliases(document);
  const problems = [
    ...[...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_PROBLEMS).map((error) => ({
      file,
      ...placeAt(error.pos[0]),
      path: "",
      message: saySyntax(error),
    })),
    ...lost.map(({ offset, name }) => ({
      file,
      ...placeAt(offset),
      path: "",
      message: `*${name} names nothing: no &${name} stands before it`,
    })),
    ...doubleKeys(document).map(({ offset, firstOffset, path }) => ({
      file,
      ...placeAt(offset),
      path,
      message: `stands here a second time; the first is on line ${placeAt(firstOffset).line}`,
    })),
  ];
  const isWhole = document.errors.length === 0 && lost.length === 0;
  return {
    value: isWhole ? document.toJS({ maxAliasCount: 100 }) : undefined,
    problems,
    placeOf: (segments, at) =>
      placeAt(offsetOf(document.contents, segments, at, (node) => (isAlias(node) ? node.resolve(document) : node))),
  };
}

function saySyntax(error: YAMLError): string {
  if (error.code === "TAB_AS_INDENT") return "indented with a tab. Use spaces";
  if (error.code === "MULTIPLE_DOCS") return "a second document begins here ('---'): one file is one configuration";
  if (error.message.includes("call stack")) return "nests too deeply";
  return `not valid YAML: ${error.message.split("\n")[0]?.trim() ?? "syntax error"}`;
}

/** Aliases whose anchor does not stand before them. */
function lostAliases(document: Document.Parsed): { readonly offset: number; readonly name: string }[] {
  const anchors = new Set<string>();
  const lost: { offset: number; name: string }[] = [];
  visit(document, {
    Value: (_position, node) => {
      if (node.anchor !== undefined) anchors.add(node.anchor);
    },
    Alias: (_position, alias) => {
      if (!anchors.has(alias.source)) lost.push({ offset: startOf(alias) ?? 0, name: alias.source });
    },
  });
  return lost;
}

interface DoubleKey {
  readonly offset: number;
  readonly firstOffset: number;
  readonly path: string;
}

/** Keys that stand twice in a group. The parser's own check gives the place of what comes before the key. */
function doubleKeys(document: Document.Parsed): DoubleKey[] {
  const found: DoubleKey[] = [];
  visit(document, {
    Map: (_position, map, ancestors) => {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        const text = keyText(key);
        const offset = startOf(key) ?? 0;
        const firstOffset = seen.get(text);
        if (firstOffset === undefined) seen.set(text, offset);
        else found.push({ offset, firstOffset, path: formatPath([...segmentsOf([...ancestors, map]), text]) });
      }
    },
  });
  return found;
}

/** The steps from the root to the last of these nodes, each the ancestor of the next. */
function segmentsOf(chain: readonly unknown[]): string[] {
  return chain.flatMap((node, index) => {
    if (isSeq(node)) return [String(node.items.indexOf(chain[index + 1]))];
    return isPair(node) && chain[index + 1] === node.value ? [keyText(node.key)] : [];
  });
}

type Resolve = (node: unknown) => unknown;

function offsetOf(root: unknown, segments: Segments, at: "value" | "key" | "missing", resolve: Resolve): number {
  let node = resolve(root);
  let offset = startOf(root) ?? 0;
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    const pair = isMap(node) ? node.items.find((item) => keyText(item.key) === segment) : undefined;
    const child: unknown = pair !== undefined ? pair.value : isSeq(node) ? node.items[Number(segment)] : undefined;
    const keyOffset = pair === undefined ? undefined : startOf(pair.key);
    if (isLast && at === "key") return keyOffset ?? startOf(child) ?? offset;
    if (pair === undefined && child === undefined) return offset;
    // `key:` with nothing behind it has no place of its own: the key's is where to write.
    offset = isEmpty(child) ? (keyOffset ?? startOf(child) ?? offset) : (startOf(child) ?? keyOffset ?? offset);
    node = resolve(child);
  }
  return offset;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && node.source === "");
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
