"""
Print what has a shell complete commands and options.

Put the line of your shell, below, into its start-up file.
"""

from __future__ import annotations

import argparse

EXAMPLES = (
    'eval "$(rekmetrics completion bash)"',
    'eval "$(rekmetrics completion zsh)"',
)

_SCRIPT = """\
_rekmetrics() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{commands}"
    else
        case "${{COMP_WORDS[1]}}" in
{cases}
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _rekmetrics rekmetrics
"""
_BEFORE = {"bash": "", "zsh": "autoload -U +X bashcompinit && bashcompinit\n"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the shell."""
    parser.add_argument("shell", choices=[*_BEFORE], help="whose script to print")


def run(arguments: argparse.Namespace) -> int:
    """Print a script that starts no process when it completes."""
    from rekmetrics.cli._parser import list_options
    from rekmetrics.plugin.options import FLAGS, SWITCHES

    options = {**list_options(), "gate": [*FLAGS, *SWITCHES, "--version", "--html"]}
    cases = [
        f'            {name}) words="{" ".join(words)}" ;;'
        for name, words in options.items()
    ]
    script = _SCRIPT.format(commands=" ".join(options), cases="\n".join(cases))
    print(_BEFORE[arguments.shell] + script, end="")
    return 0
