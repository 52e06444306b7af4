/** What must not outlive the tests: a test that fails before its clean-up, or a bench (whose hooks are not run), leaves nothing behind. */
const leftovers = new Set<() => void>();

process.once("exit", () => {
  for (const discard of leftovers) discard();
});

/** `discard` is called at the end of the process unless it was taken back; it must not wait. */
export function discardAtExit(discard: () => void): { takeBack(): void } {
  leftovers.add(discard);
  return { takeBack: () => leftovers.delete(discard) };
}
