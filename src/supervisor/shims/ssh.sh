#!/bin/sh
# ssh among the nodes of this job:
#
#   ssh [OPTION]... [USER@]NODE [COMMAND...]
#
# NODE is an address of AZ_BATCH_HOST_LIST, the id of a node, or localhost, on port 22 or 23. The command starts in the
# home directory, with the environment of that node; standard input, output and exit code are passed on, and it ends
# with this program. Any other host or port is left to the ssh of the machine, which is found on the PATH after this one.

calls=@CALLS@
calls_as_text=@CALLS_AS_TEXT@
bin=@BIN@
here=@HERE@
# The address and the id of each node.
nodes=@NODES@

call=
helpers=

# Ends what helps, and says to the command whether it is to end with us.
leave() {
    [ "$2" != well ] || echo well >&9
    # shellcheck disable=SC2086 # several words
    [ -z "$helpers" ] || kill $helpers 2>/dev/null
    [ -z "$call" ] || rm -rf "$call"
    exit "$1"
}

fail() {
    echo "ssh: $1" >&2
    leave 255 badly
}

# The program of this name that comes after ours on the PATH.
next() (
    set -f
    IFS=:
    for folder in $PATH; do
        case $folder in "$bin"/*) continue ;; esac
        [ -x "$folder/$1" ] && [ ! -d "$folder/$1" ] && printf %s "$folder/$1" && exit 0
    done
    exit 1
)

leave_it_to_the_machine() {
    program=$(next ssh) || fail "cannot reach ${host:-another host}${port:+, port $port}: it is no node of this job, \
and there is no other ssh on the PATH: install the OpenSSH client here; nodes of this job are $nodes"
    exec "$program" "$@"
}

# The address of the node that is meant.
address_of() (
    wanted=$1
    # shellcheck disable=SC2086 # several words
    set -- $nodes
    while [ $# -gt 1 ]; do
        case $wanted in "$1" | "$2") echo "$1" && exit 0 ;; esac
        shift 2
    done
    case $wanted in localhost | 127.0.0.1 | ::1) ;; *) [ "$wanted" = "$(uname -n)" ] || exit 1 ;; esac
    echo "$here"
)

host=
port=
nothing_to_read=
in_background=
is_subsystem=
forwards=
without_command=
control=

# An option with its value.
take() {
    case $1 in
        p) port=$2 ;;
        o)
            case $2 in
                [Pp][Oo][Rr][Tt][=\ ]*) port=${2#?????} ;;
                [Ss]tdin[Nn]ull[=\ ]yes) nothing_to_read=yes ;;
            esac
            ;;
        D | L | R | W | w) forwards=$1 ;;
        O) control=$2 ;;
    esac
}

flag() {
    case $1 in
        f) in_background=yes ;;
        N) without_command=yes ;;
        n) nothing_to_read=yes ;;
        s) is_subsystem=yes ;;
    esac
}

# Reads the arguments as OpenSSH does: options stand before the host and after it.
parse() {
    are_options_over=
    while [ $# -gt 0 ]; do
        case $are_options_over$1 in
            --) are_options_over=yes ;;
            -?*)
                word=${1#-}
                while [ -n "$word" ]; do
                    rest=${word#?}
                    letter=${word%"$rest"}
                    case $letter in
                        [BbcDEeFIiJLlmOoPpQRSWw])
                            if [ -z "$rest" ]; then
                                [ $# -gt 1 ] || fail "option -$letter needs a value"
                                shift
                                rest=$1
                            fi
                            take "$letter" "$rest"
                            rest=
                            ;;
                        *) flag "$letter" ;;
                    esac
                    word=$rest
                done
                ;;
            *)
                if [ -n "$host" ]; then
                    break
                fi
                host=$1
                ;;
        esac
        shift
        # What follows `--` and the host is the command, whatever it looks like.
        [ -z "$are_options_over" ] || [ -z "$host" ] || break
    done
    command=$*
}

parse "$@"
case $host in
    ssh://*)
        host=${host#ssh://}
        case $host in *:*) port=${host##*:} && host=${host%:*} ;; esac
        ;;
esac
host=${host##*@}
case $port in '' | 22 | 23) address=$(address_of "$host") ;; *) address= ;; esac
[ -n "$address" ] || leave_it_to_the_machine "$@"

[ -z "$forwards" ] || fail "cannot forward ports (-$forwards) to $host: the nodes of a job share one machine; connect to \
$address and the port itself"
[ -z "$control" ] || fail "there is no connection to $host to $control (-O): each command has its own"
[ -z "$without_command" ] || fail "-N does nothing on $host: it only keeps forwarded ports open, and there are none"
if [ -n "$is_subsystem" ]; then
    [ "$command" = sftp ] || fail "$host has no subsystem \`$command\`, only sftp"
    # shellcheck disable=SC2016 # for the shell over there
    command='for server in /usr/lib/openssh /usr/lib/ssh /usr/libexec/openssh /usr/libexec; do
        [ ! -x $server/sftp-server ] || exec $server/sftp-server
    done
    echo "ssh: there is no sftp-server on this node: install openssh-sftp-server there, or copy with \`scp -O\`" >&2
    exit 127'
elif [ -z "$command" ]; then
    [ -z "$in_background" ] || fail "cannot go to the background without a command to execute"
    # shellcheck disable=SC2016 # for the shell over there
    command='[ ! -x /bin/bash ] || exec /bin/bash
    exec /bin/sh'
fi
[ -z "$in_background" ] || nothing_to_read=yes
# It may be closed.
(exec 8<&0) 2>/dev/null || nothing_to_read=yes

# The directory of calls is for this user alone; in a container, he is another one than outside.
umask 0
trap 'leave 129 badly' HUP
trap 'leave 130 badly' INT
trap 'leave 143 badly' TERM
over="cannot start a command on $host: the job is ending"
# In this order: when the calls of a run are over, their directory is gone.
[ -p "$calls/requests" ] || fail "$over"
call=$(mktemp -d "$calls/XXXXXXXX") && chmod 777 "$call" ||
    fail "cannot start a command on $host: cannot make a directory in $calls"

# What runs over there. It holds nothing open for us but one FIFO: when that ends without a word, so has this program,
# and the command is ended.
session() {
    printf '%s\n' "batchai_call=$calls_as_text/${call##*/}"
    cat <<'END'
exec 9<>"$batchai_call/life" || exit 255
exec 8<"$batchai_call/life" 9>&-
( (
    ! read -r _ <&8 || exit 0
    trap '' HUP INT TERM
    kill -TERM -$$ 2>/dev/null || kill -TERM $$
    patience=50
    while kill -0 $$ 2>/dev/null && [ $patience -gt 0 ]; do
        sleep 0.1 || sleep 1
        patience=$((patience - 1))
    done
    sleep 0.2
    rm -rf "$batchai_call"
    kill -KILL -$$ 2>/dev/null || kill -KILL $$
) </dev/null >/dev/null 2>&1 & )
END
    if [ -n "$nothing_to_read" ]; then
        echo 'exec 8<&- </dev/null'
    else
        # shellcheck disable=SC2016 # for the shell over there
        echo 'exec 8<&- <"$batchai_call/stdin"'
    fi
    echo 'unset batchai_call'
    echo 'cd 2>/dev/null || cd /'
    printf %s "$command"
}

printf %s "$address" >"$call/host" && session >"$call/command" &&
    mkfifo "$call/stdin" "$call/stdout" "$call/stderr" "$call/course" "$call/life" ||
    fail "cannot start a command on $host: cannot make files in $call"
# Open for both, which waits for nobody; the readers read only, so that they see the end of what is written.
exec 3<>"$call/stdout" 4<>"$call/stderr" 5<>"$call/course" 9<>"$call/life"
exec 6<"$call/stdout" 7<"$call/stderr"
cat <&6 3>&- 4>&- 5>&- 6<&- 7<&- 9>&- &
readers=$!
cat <&7 >&2 3>&- 4>&- 5>&- 6<&- 7<&- 9>&- &
readers="$readers $!"
helpers=$readers
pump=
if [ -z "$nothing_to_read" ]; then
    exec 8<&0
    # Waits until the command is there to read it.
    cat <&8 >"$call/stdin" 2>/dev/null 3>&- 4>&- 5>&- 6<&- 7<&- 8<&- 9>&- &
    pump=$!
    helpers="$readers $pump"
    exec 8<&-
fi
(trap '' PIPE && echo "${call##*/}" >"$calls/requests") 2>/dev/null || fail "$over"
# From here on the command alone holds what it writes to.
read -r _ <&5
exec 3>&- 4>&- 6<&- 7<&-
if [ -n "$in_background" ]; then
    (read -r _ <&5 && echo well >&9 && rm -rf "$call") &
    exit 0
fi
read -r code <&5
# shellcheck disable=SC2086 # several words
wait $readers
helpers=$pump
leave "$code" well
