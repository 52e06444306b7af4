import { describe, expect, it } from "vitest";
import { markdownOf, replaceSection } from "../../../daemon/score/index.js";

describe("tables in a page", () => {
  const table = { title: "T", head: ["method", "n"], rows: [["a|b", 3]] };

  it("are Markdown, with nothing of a cell taken for a border; empty ones are left out", () => {
    expect(markdownOf([table, { ...table, rows: [] }])).toBe("**T**\n\n| method | n |\n|---|---:|\n| a\\|b | 3 |");
  });

  it("replace what stood between their marks and nothing else, and are added where there are none", () => {
    const page =
      "# Page\n\n<!-- score: venue 97/95 -->\nold\n<!-- end -->\n\nafter\n<!-- score: tv 97/95 -->\nkept\n<!-- end -->\n";
    const next = replaceSection(page, "venue 97/95", "new");
    expect(next).toBe(page.replace("old", "new"));
    expect(replaceSection(next, "venue 97/95", "new")).toBe(next);
    expect(replaceSection("# Page\n", "dirty 97/95", "x")).toBe(
      "# Page\n\n<!-- score: dirty 97/95 -->\nx\n<!-- end -->\n",
    );
  });
});
