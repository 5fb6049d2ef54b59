# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_batchai_global_optspecs
    string join \n o/output= query= subscription= endpoint= color= verbose debug only-show-errors h/help V/version
end

function __fish_batchai_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_batchai_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_batchai_using_subcommand
    set -l cmd (__fish_batchai_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c batchai -n "__fish_batchai_needs_command" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_needs_command" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_needs_command" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_needs_command" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_needs_command" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_needs_command" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_needs_command" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_needs_command" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_needs_command" -s V -l version -d 'Print version'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "job" -d 'Submit, follow and manage jobs'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "cluster" -d 'Manage clusters: the nodes that jobs run on'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "experiment" -d 'Manage experiments: groups of jobs'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "workspace" -d 'Manage workspaces: folders of clusters and experiments'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "server" -d 'The server behind the other commands; they start it when they need it'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "login" -d 'Remember a server on the network: whom to believe that it is the one, and what opens it'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "logout" -d 'Forget a server on the network'
complete -c batchai -n "__fish_batchai_needs_command" -f -a "completion" -d 'Print a script that teaches a shell to complete batchai\'s commands and flags'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "run" -d 'Submit a job, show its output as it is written, and exit with its exit code'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "create" -d 'Submit a job'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "show" -d 'Show a job: its state, why it waits, how it ended'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "list" -d 'List the jobs of an experiment'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "delete" -d 'Delete a job, stopping it first'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "terminate" -d 'Stop a job; its record and its files stay'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "wait" -d 'Wait until a job has ended, and exit with its exit code'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "explain" -d 'Say why a job waits, what it does, or why it failed. Text for people, unless -o or the configuration asks for a format'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "rerun" -d 'Submit a job once more: the same parameters, secrets and code, under another name'
complete -c batchai -n "__fish_batchai_using_subcommand job; and not __fish_seen_subcommand_from run create show list delete terminate wait explain rerun file" -f -a "file" -d 'Find and follow the files of a job'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s f -l config-file -d 'Job file, YAML or JSON; `-` is standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s n -l name -d 'Job; or `name` in the file; made up when neither is given' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s c -l cluster -d 'Cluster, by name or id; or `cluster` in the file; `local` when neither is given' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l dry-run -d 'Submit nothing; print the request, and what the job would do on which nodes'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l detach-on-signal -d 'Leave the job running when this command is interrupted; without it, a signal ends the job, except for Ctrl-C on a terminal, which asks'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s f -l config-file -d 'Job file, YAML or JSON; `-` is standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s n -l name -d 'Job; or `name` in the file; made up when neither is given' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s c -l cluster -d 'Cluster, by name or id; or `cluster` in the file; `local` when neither is given' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l dry-run -d 'Submit nothing; print the request, and what the job would do on which nodes'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -s n -l name -d 'Job' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -s n -l name -d 'Job' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask for confirmation'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l no-wait -d 'Do not wait until it is done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -s n -l name -d 'Job' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -s y -l yes -d 'Do not ask for confirmation'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l no-wait -d 'Do not wait until it is done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from terminate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -s n -l name -d 'Job' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l interval -d 'Accepted for old scripts; changes are told at once' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -s n -l name -d 'Job' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -s n -l name -d 'Job' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -s e -l experiment -d 'Experiment; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l new-name -d 'Name of the new job; `train-2` after `train`, the next free number, when not given' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from rerun" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -f -a "list" -d 'List the files of a job: standard output and logs, or an output directory'
complete -c batchai -n "__fish_batchai_using_subcommand job; and __fish_seen_subcommand_from file" -f -a "stream" -d 'Print a file of a job as it is written, until the job has ended'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -f -a "create" -d 'Create a cluster'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -f -a "show" -d 'Show a cluster with its nodes by state'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -f -a "list" -d 'List the clusters of a workspace'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and not __fish_seen_subcommand_from create show list delete" -f -a "delete" -d 'Delete a cluster; its jobs are stopped, their records stay'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s n -l name -d 'Cluster; or `name` in the file' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s f -l config-file -d 'Cluster file, YAML or JSON; `-` is standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s s -l vm-size -d 'VM size; `local`, this machine, when not given' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s t -l target -d 'A fixed number of nodes' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l min -d 'Auto-scale: at least so many nodes' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l max -d 'Auto-scale: at most so many nodes' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l vm-priority -d 'Whether nodes may be taken away' -r -f -a "dedicated\t'Nodes stay'
lowpriority\t'Nodes may be taken at any time'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -s n -l name -d 'Cluster' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -s n -l name -d 'Cluster' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask for confirmation'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l no-wait -d 'Do not wait until it is done'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand cluster; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -f -a "create" -d 'Create an experiment; one that exists is shown as it is'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -f -a "show" -d 'Show an experiment'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -f -a "list" -d 'List the experiments of a workspace'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and not __fish_seen_subcommand_from create show list delete" -f -a "delete" -d 'Delete an experiment and its jobs, stopping those that run'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -s n -l name -d 'Experiment' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -s n -l name -d 'Experiment' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -s n -l name -d 'Experiment' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -s w -l workspace -d 'Workspace; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask for confirmation'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l no-wait -d 'Do not wait until it is done'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand experiment; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -f -a "create" -d 'Create a workspace; one that exists is shown as it is'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -f -a "show" -d 'Show a workspace'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -f -a "list" -d 'List workspaces, of one resource group with -g'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and not __fish_seen_subcommand_from create show list delete" -f -a "delete" -d 'Delete a workspace and everything in it'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -s n -l workspace -d 'Workspace' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -s l -l location -d 'Region; any name is accepted' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -s n -l workspace -d 'Workspace' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -s g -l resource-group -d 'Only those of this resource group' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -s n -l workspace -d 'Workspace' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -s g -l resource-group -d 'Resource group; `default` when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l ids -d 'Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask for confirmation'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l no-wait -d 'Do not wait until it is done'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand workspace; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -f -a "run" -d 'Run a server here, in the foreground, until Ctrl-C'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -f -a "start" -d 'Start a server in the background that stays'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -f -a "stop" -d 'Stop the server; running jobs go on'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -f -a "status" -d 'Show whether the server runs, and where it keeps everything. Never starts one'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -f -a "token" -d 'Tokens: who may use the server over the network'
complete -c batchai -n "__fish_batchai_using_subcommand server; and not __fish_seen_subcommand_from run start stop status token logs" -f -a "logs" -d 'Print what a server in the background had to say'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l listen -d 'Also listen on this address, with tokens; off this machine with TLS. May be given several times' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l certificate -d 'Certificate for TLS, with its chain (PEM); without one, the server makes one' -r -F
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l key -d 'Key of the certificate (PEM)' -r -F
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l host-name -d 'One more name for the certificate that the server makes. May be given several times' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l tls -d 'Speak TLS on this machine\'s own addresses too'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l listen -d 'Also listen on this address, with tokens; off this machine with TLS. May be given several times' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l certificate -d 'Certificate for TLS, with its chain (PEM); without one, the server makes one' -r -F
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l key -d 'Key of the certificate (PEM)' -r -F
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l host-name -d 'One more name for the certificate that the server makes. May be given several times' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l tls -d 'Speak TLS on this machine\'s own addresses too'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -f -a "create" -d 'Make a token and print it: nobody can ask for it again'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -f -a "list" -d 'List the tokens there are, without their text'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from token" -f -a "revoke" -d 'Take a token away: it opens nothing from then on'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand server; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand login" -l fingerprint -d 'The fingerprint that `batchai server status` shows at the server; without it, you are asked' -r
complete -c batchai -n "__fish_batchai_using_subcommand login" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand login" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand login" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand login" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand login" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand login" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand login" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand login" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand logout" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand logout" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand logout" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand logout" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand logout" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand logout" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand logout" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand logout" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c batchai -n "__fish_batchai_using_subcommand completion" -s o -l output -d 'How to print the result' -r -f -a "json\t'JSON in the shape of the Azure CLI'
table\t'A table with the columns of the Azure CLI'
none\t'Nothing'"
complete -c batchai -n "__fish_batchai_using_subcommand completion" -l query -d 'Print only what this JMESPath expression picks out of the result' -r
complete -c batchai -n "__fish_batchai_using_subcommand completion" -l subscription -d 'Subscription, by id or name; any is accepted, and all zeros when not configured' -r
complete -c batchai -n "__fish_batchai_using_subcommand completion" -l endpoint -d 'Use the server at this address instead of the local one' -r
complete -c batchai -n "__fish_batchai_using_subcommand completion" -l color -d 'When to use colours; on a terminal, unless NO_COLOR is set, when not given' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c batchai -n "__fish_batchai_using_subcommand completion" -l verbose -d 'Also say what is being done'
complete -c batchai -n "__fish_batchai_using_subcommand completion" -l debug -d 'Also show every request and every answer, without secrets'
complete -c batchai -n "__fish_batchai_using_subcommand completion" -l only-show-errors -d 'Show errors only, no notes and no warnings'
complete -c batchai -n "__fish_batchai_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
