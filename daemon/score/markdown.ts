import type { TextTable } from "./score-tables.js";

/** Tables as a page holds them. */
export function markdownOf(tables: readonly TextTable[]): string {
  return tables
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, head, rows }) => {
      const line = (cells: readonly (string | number)[]) =>
        `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
      // The first column names, the others count.
      const rule = `|---|${head
        .slice(1)
        .map((_, index) =>
          typeof rows[0]?.[index + 1] === "string" && /^[A-Za-z]/.test(String(rows[0]?.[index + 1])) ? "---|" : "---:|",
        )
        .join("")}`;
      return [`**${title}**`, "", line(head), rule, ...rows.map(line)].join("\n");
    })
    .join("\n\n");
}

/** What stands in a page between `<!-- score: NAME -->` and `<!-- end -->` is replaced; without such marks it is added at the end. */
export function replaceSection(page: string, name: string, content: string): string {
  const [from, to] = [`<!-- score: ${name} -->`, "<!-- end -->"];
  const section = `${from}\n${content}\n${to}`;
  const start = page.indexOf(from);
  const end = start < 0 ? -1 : page.indexOf(to, start);
  if (end < 0) return `${page.trimEnd()}\n\n${section}\n`;
  return page.slice(0, start) + section + page.slice(end + to.length);
}
