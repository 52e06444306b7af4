import { Argument, Command } from "commander";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** A command as completion sees it: its words from the program on, what may follow. */
interface Node {
  readonly path: string;
  readonly words: readonly string[];
}

export function completionCommand(): Command {
  return new Command("completion")
    .description("Print the completion script of a shell.")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  source <(touchline completion bash)
  touchline completion zsh > ~/.zsh/completions/_touchline
  touchline completion fish > ~/.config/fish/completions/touchline.fish`,
    )
    .action((shell: Shell, _options, command: Command) => {
      const program = command.parent ?? command;
      process.stdout.write(scriptFor(shell, nodesOf(program, "")));
    });
}

function nodesOf(command: Command, path: string): Node[] {
  const children = command.commands.filter((child) => child.name() !== "help");
  const options = command.options.flatMap((option) => option.long ?? []);
  const words = [...children.map((child) => child.name()), ...options, "--help"];
  return [{ path, words }, ...children.flatMap((child) => nodesOf(child, `${path} ${child.name()}`.trim()))];
}

function scriptFor(shell: Shell, nodes: readonly Node[]): string {
  if (shell === "fish") return nodes.flatMap(fishLines).join("");
  const cases = nodes.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`).join("\n");
  const zsh = shell === "zsh" ? "#compdef touchline\nautoload -U +X bashcompinit && bashcompinit\n" : "";
  return `${zsh}_touchline() {
  local path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) case " ${nodes.map(({ path }) => path.replaceAll(" ", "+")).join(" ")} " in
      *" \${path:+\${path// /+}+}$word "*) path="\${path:+$path }$word" ;; esac ;; esac
  done
  case "$path" in
${cases}
  esac
  # Where no word fits, a file is meant.
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _touchline touchline
`;
}

function fishLines({ path, words }: Node): string[] {
  const names = path === "" ? [] : path.split(" ");
  const isHere =
    names.length === 0
      ? "__fish_use_subcommand"
      : names.map((name) => `__fish_seen_subcommand_from ${name}`).join("; and ");
  return words.map((word) => {
    const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-f -a ${word}`;
    return `complete -c touchline -n '${isHere}' ${what}\n`;
  });
}
