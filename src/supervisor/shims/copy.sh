#!/bin/sh
# The @NAME@ of the machine, which reaches the nodes of this job by the ssh beside this program.

bin=@BIN@
here=@FOLDER@

next() (
    set -f
    IFS=:
    for folder in $PATH; do
        case $folder in "$bin"/*) continue ;; esac
        [ -x "$folder/@NAME@" ] && [ ! -d "$folder/@NAME@" ] && printf %s "$folder/@NAME@" && exit 0
    done
    exit 1
)

if ! program=$(next); then
    echo "@NAME@: there is no @NAME@ on the PATH: install the OpenSSH client here, or copy with \`ssh NODE 'cat > FILE' < FILE\`" >&2
    exit 255
fi
exec "$program" -S "$here/ssh" "$@"
