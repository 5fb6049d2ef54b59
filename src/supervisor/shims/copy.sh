#!/bin/sh
# The @NAME@ of the machine, made to reach the nodes of this job by the ssh beside this program.

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

has_sftp_server() {
    for folder in /usr/lib/openssh /usr/lib/ssh /usr/libexec/openssh /usr/libexec; do
        [ ! -x $folder/sftp-server ] || return 0
    done
    return 1
}

if ! program=$(next); then
    echo "@NAME@: there is no @NAME@ on the PATH: install @PACKAGE@ here, or copy with \`ssh NODE 'cat > FILE' < FILE\`" >&2
    exit 127
fi
case @NAME@ in
    # Its pipes to ssh do not wait by themselves, which our ssh does not expect.
    rsync) [ "$1" = --server ] || set -- --blocking-io "$@" ;;
    scp)
        # Newer ones talk to an sftp-server; where there is none, their old protocol needs only themselves.
        if ! has_sftp_server; then
            usage=$("$program" 2>&1)
            case ${usage%%]*} in *-*O*) set -- -O "$@" ;; esac
        fi
        set -- -S "$here/ssh" "$@"
        ;;
    *) set -- -S "$here/ssh" "$@" ;;
esac
exec "$program" "$@"
