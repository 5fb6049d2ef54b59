#!/bin/sh
# Starts a command on another node of this job, as ssh does on another machine:
#
#   agent [OPTION]... HOST COMMAND...
#
# Launchers such as mpirun call it in the place of ssh. HOST is an address of AZ_BATCH_HOST_LIST. Options of ssh are
# taken and mean nothing. The command gets nothing to read; its output and its exit code are passed on. 255: it was
# not started.

calls=@CALLS@
call=
readers=

leave() {
    [ -z "$call" ] || rm -rf "$call"
    # shellcheck disable=SC2086 # two words
    [ -z "$readers" ] || kill $readers 2>/dev/null
    exit "$1"
}

fail() {
    echo "batchai: $1" >&2
    leave 255
}

while [ $# -gt 0 ]; do
    case $1 in
        --) shift; break ;;
        -[BbcDEeFIiJLlmOopQRSWw]) shift; [ $# -eq 0 ] || shift ;;
        -*) shift ;;
        *) break ;;
    esac
done
[ $# -ge 2 ] || fail "usage: $0 [OPTION]... HOST COMMAND..."
host=${1#*@}
shift

umask 077
trap 'leave 129' HUP
trap 'leave 130' INT
trap 'leave 143' TERM
over="cannot start a command on $host: the job is ending"
# In this order: when the calls of a run are over, their directory is gone.
[ -p "$calls/requests" ] || fail "$over"
call=$(mktemp -d "$calls/XXXXXXXX") || fail "cannot start a command on $host: cannot make a directory in $calls"
printf %s "$host" >"$call/host" && printf %s "$*" >"$call/command" &&
    mkfifo "$call/stdout" "$call/stderr" "$call/course" ||
    fail "cannot start a command on $host: cannot make files in $call"
# Open for both, which waits for nobody; the readers read only, so that they see the end of what is written.
exec 3<>"$call/stdout" 4<>"$call/stderr" 5<>"$call/course"
exec 6<"$call/stdout" 7<"$call/stderr"
cat <&6 3>&- 4>&- 5>&- 6<&- 7<&- &
readers=$!
cat <&7 >&2 3>&- 4>&- 5>&- 6<&- 7<&- &
readers="$readers $!"
(trap '' PIPE && echo "${call##*/}" >"$calls/requests") 2>/dev/null || fail "$over"
# From here on the command alone holds what it writes to.
read -r _ <&5
exec 3>&- 4>&- 6<&- 7<&-
read -r code <&5
# shellcheck disable=SC2086 # two words
wait $readers
readers=
leave "$code"
