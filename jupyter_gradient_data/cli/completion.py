"""``gradient completion``, and the other end of it: answering a shell that completes a line.

Click brings completion of its own; ours differs in three points that dataset references need.  ``:`` and ``=`` break
words in bash, so a reference must be put together again; ``--id=<value>`` works in every shell; and no space follows
``dataset:``, because a version does.
"""

from __future__ import annotations

import os
from typing import ClassVar

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, shell_complete, split_arg_string

from .groups import command

_BASH = """\
%(complete_func)s() {
    local kind value help
    COMPREPLY=()
    while IFS=$'\\t' read -r kind value help; do
        case $kind in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            open) compopt -o nospace 2>/dev/null; COMPREPLY+=("$(printf %%q "$value")") ;;
            plain) COMPREPLY+=("$(printf %%q "$value")") ;;
        esac
    done < <(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s
%(complete_func)s() {
    local kind value help
    local -a values shown open
    while IFS=$'\\t' read -r kind value help; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files ;;
            open) open+=("$value") ;;
            plain) values+=("$value"); shown+=("$value${help:+  -- $help}") ;;
        esac
    done < <(env COMP_WORDS="${(j: :)words[1,CURRENT]}" %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)
    (( $#values )) && compadd -U -l -d shown -V gradient -a values
    (( $#open )) && compadd -U -S '' -V gradient-open -a open
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    env COMP_WORDS=(commandline -cp | string collect) %(complete_var)s=fish_complete %(prog_name)s 2>/dev/null |
    while read -d \\t -l kind value help
        switch $kind
            case dir
                __fish_complete_directories (commandline -ct)
            case file
                __fish_complete_path (commandline -ct)
            case '*'
                printf '%%s\\t%%s\\n' $value $help
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _Complete(ShellComplete):
    """What the three shells share: the line as typed comes in, ``kind``, value and help go out, separated by tabs."""

    word: str = ""  # what is being completed, as the shell sees it

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being completed, and that one."""
        line = os.environ.get("COMP_WORDS", "")
        words = split_arg_string(line)[1:]
        self.word = words.pop() if words and not line[-1:].isspace() else ""
        return words, self.word

    def format_completion(self, item: CompletionItem) -> str:
        """One line for the shell script."""
        value = str(item.value)
        kind = "open" if item.type == "plain" and value.endswith((":", "/")) else item.type
        return f"{kind}\t{self.replacement(value)}\t{' '.join((item.help or '').split())}"

    def replacement(self, value: str) -> str:
        """What takes the place of the word: with the option's name when that is a part of the word."""
        option, equals, _ = self.word.partition("=")
        return f"{option}={value}" if equals and option.startswith("--") else value


class _Bash(_Complete):
    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = _BASH

    def replacement(self, value: str) -> str:
        """Only what follows the last character at which bash breaks words."""
        breaks = os.environ.get("COMP_BREAKS", ":=")
        kept = max(self.word.rfind(character) for character in ":=") + 1 if set(":=") & set(breaks) else 0
        return super().replacement(value)[kept:]


class _Zsh(_Complete):
    name: ClassVar[str] = "zsh"
    source_template: ClassVar[str] = _ZSH


class _Fish(_Complete):
    name: ClassVar[str] = "fish"
    source_template: ClassVar[str] = _FISH


_SHELLS: dict[str, type[_Complete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


@command(
    "completion",
    examples=[
        """bash:  echo 'eval "$(gradient completion bash)"' >> ~/.bashrc""",
        """zsh:   echo 'eval "$(gradient completion zsh)"' >> ~/.zshrc    (after compinit)""",
        "fish:  gradient completion fish > ~/.config/fish/completions/gradient.fish",
    ],
)
@click.argument("shell", type=click.Choice(sorted(_SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands and options, and asks the service for datasets, versions, tags and storage providers. Type
    one of these once, then open a new shell:
    """
    root = ctx.find_root()
    program = root.info_name or "gradient"
    variable = "_" + program.replace("-", "_").upper() + "_COMPLETE"
    source = _SHELLS[shell](root.command, {}, program, variable).source()
    ctx.obj.out.done(source.rstrip("\n"), {"shell": shell, "script": source})


def complete(cli: click.Command, program: str, variable: str, instruction: str) -> int:
    """Answer a shell: ``instruction`` is ``<shell>_complete`` or ``<shell>_source``."""
    for shell in _SHELLS.values():
        add_completion_class(shell)
    return shell_complete(cli, {}, program, variable, instruction)
