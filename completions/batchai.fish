# Completion of batchai for fish.
# To install it, run
#
#   batchai completion fish > ~/.config/fish/completions/batchai.fish

function __batchai_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -l flag (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    for line in (command batchai __complete fish (count $before) $before "$current" 2>/dev/null)
        switch $line
            case \tfiles
                printf '%s\n' "$flag"(__fish_complete_path "$path")
            case \tdirectories
                printf '%s\n' "$flag"(__fish_complete_directories "$path" '')
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c batchai -f -k -a '(__batchai_complete)'
