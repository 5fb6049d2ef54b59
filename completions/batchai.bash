# Completion of batchai for bash 4.4 and later.
# To install it, run
#
#   mkdir -p ~/.local/share/bash-completion/completions
#   batchai completion bash > ~/.local/share/bash-completion/completions/batchai
#
# or, where bash-completion is not installed, add this line to ~/.bashrc:
#
#   source <(batchai completion bash)

_batchai() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            $'\tfiles') compopt -o default ;;
            $'\tdirectories') compopt -o dirnames ;;
            */ | *=) compopt -o nospace && COMPREPLY+=("$line") ;;
            *) COMPREPLY+=("$line") ;;
        esac
    done < <(command batchai __complete bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}

complete -o nosort -F _batchai batchai
