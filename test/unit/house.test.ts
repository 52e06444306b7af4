import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../daemon/package-files.js";

const ROOMS = ["daemon", "dsp", "sync", "models", "config"] as const;
const INNER_ROOMS = ["commands", "inputs", "outbox", "outputs", "web", "observe"] as const;

/** Who may import whom; `types` means import type only. */
const ALLOWED: Record<(typeof ROOMS)[number], Partial<Record<(typeof ROOMS)[number], "all" | "types">>> = {
  dsp: {},
  models: {},
  sync: { dsp: "types" },
  config: { sync: "types", dsp: "types", models: "types" },
  daemon: { dsp: "all", sync: "all", models: "all", config: "all" },
};

/** Node's modules that reach a clock, a disk, a socket or the environment: no pure core may see them. */
const IMPURE =
  /^(node:|fs|path|net|http|os|child_process|worker_threads|pino|prom-client|nats|ws|better-sqlite3|fastify)/;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const files = ROOMS.flatMap((room) => typescriptFiles(room));
const imports = files.flatMap(importsOf);

describe("the house", () => {
  it("keeps the arrows: each room imports only what the design allows", () => {
    const wrong = imports.filter(({ from, to, isTypeOnly }) => {
      const [source, target] = [roomOf(from), roomOf(to)];
      if (source === null || target === null || source === target) return false;
      const allowed = ALLOWED[source][target];
      return allowed === undefined || (allowed === "types" && !isTypeOnly);
    });
    expect(wrong).toEqual([]);
  });

  it("keeps the cores pure: no clock, disk, socket or environment in dsp, sync and models", () => {
    const wrong = imports.filter(({ from, to }) => /^(dsp|sync|models)\//.test(from) && IMPURE.test(to));
    expect(wrong).toEqual([]);
    const reaching = files.filter(
      (file) => /^(dsp|sync|models)\//.test(file) && /\b(Date\.now|performance\.now|process\.)/.test(textOf(file)),
    );
    expect(reaching).toEqual([]);
  });

  it("keeps the daemon's rooms apart: another room is reached by its index or by types", () => {
    const wrong = imports.filter(({ from, to, isTypeOnly }) => {
      const [source, target] = [innerRoomOf(from), innerRoomOf(to)];
      // Commands are the edge of the composition root: they start the parts they show.
      if (source === null || target === null || source === target || source === "commands") return false;
      return !isTypeOnly && !to.endsWith("/index.ts");
    });
    expect(wrong).toEqual([]);
  });

  it("has no circle of imports", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of imports) {
      if (roomOf(to) !== null) graph.set(from, [...(graph.get(from) ?? []), to]);
    }
    expect(circlesIn(graph)).toEqual([]);
  });

  it("finds imports at all", () => {
    expect(imports.length).toBeGreaterThan(100);
  });
});

function typescriptFiles(folder: string): string[] {
  return readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath.slice(PACKAGE_ROOT.length + 1), entry.name))
    .filter((file) => !file.startsWith("daemon/web/page/"));
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, textOf(file), ts.ScriptTarget.ES2022);
  const found: Import[] = [];
  for (const node of source.statements) {
    const isImport = ts.isImportDeclaration(node);
    if (!isImport && !(ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)) continue;
    const specifier = (node.moduleSpecifier as ts.StringLiteral).text;
    const to = specifier.startsWith(".")
      ? normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts")
      : specifier;
    found.push({ from: file, to, isTypeOnly: isImport ? isTypeImport(node) : node.isTypeOnly });
  }
  return found;
}

function isTypeImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.every((element) => element.isTypeOnly)
  );
}

function textOf(file: string): string {
  return readFileSync(join(PACKAGE_ROOT, file), "utf8");
}

function roomOf(file: string): (typeof ROOMS)[number] | null {
  return ROOMS.find((room) => file.startsWith(`${room}/`)) ?? null;
}

function innerRoomOf(file: string): string | null {
  return INNER_ROOMS.find((room) => file.startsWith(`daemon/${room}/`)) ?? null;
}

function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at !== -1) circles.push([...trail.slice(at), file].join(" -> "));
    if (at !== -1 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}
