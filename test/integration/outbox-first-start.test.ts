import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { openTestStore, tempFolder } from "../store-fixture.js";

it("takes a database in which nothing ever was, as a cut during the first start leaves it, for a fresh one", async () => {
  const folder = tempFolder();
  const path = join(folder.path, "touchline.db");
  const blank = new Database(path);
  blank.pragma("auto_vacuum = INCREMENTAL");
  blank.pragma("journal_mode = WAL");
  blank.close();
  const store = await openTestStore(path);
  expect(store.setAside).toBeNull();
  await store.close();
  folder.remove();
});
