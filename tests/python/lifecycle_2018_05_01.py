"""The life of every resource, told by azure-mgmt-batchai 2.0.0, which speaks api-version 2018-05-01."""

from azure.mgmt.batchai import BatchAIManagementClient
from azure.mgmt.batchai import models

import requests

import service
from service import GROUP, refused, wait_until

client = service.client(BatchAIManagementClient)

ADMIN = models.UserAccountSettings(admin_user_name="demo", admin_user_password="Dem0Pa$$w0rd")
KEY = "c3RvcmFnZSBrZXk="
ROOT = "$AZ_BATCHAI_MOUNT_ROOT"


def share(name="share", account="account"):
    """An Azure file share, mounted at its own name."""
    return models.AzureFileShareReference(
        account_name=account,
        azure_file_url=f"https://{account}.file.core.windows.net/{name}",
        credentials=models.AzureStorageCredentialsInfo(account_key=KEY),
        relative_mount_path=name,
    )


def container(name="container", account="account"):
    """A blob container, mounted at its own name."""
    return models.AzureBlobFileSystemReference(
        account_name=account,
        container_name=name,
        credentials=models.AzureStorageCredentialsInfo(account_key=KEY),
        relative_mount_path=name,
    )


def manual(nodes):
    return models.ScaleSettings(manual=models.ManualScaleSettings(target_node_count=nodes))


def automatic(least, most):
    return models.ScaleSettings(
        auto_scale=models.AutoScaleSettings(minimum_node_count=least, maximum_node_count=most)
    )


def make_workspace(name="w"):
    client.workspaces.create(GROUP, name, "eastus").result()
    client.experiments.create(GROUP, name, "e").result()


def make_cluster(nodes, name="c", workspace="w", **more):
    """A cluster of `nodes` nodes with a share at `share`; answers it with all of them idle."""
    setup = models.NodeSetup(mount_volumes=models.MountVolumes(azure_file_shares=[share()]))
    parameters = models.ClusterCreateParameters(
        **{"vm_size": "STANDARD_D1", "user_account_settings": ADMIN, "scale_settings": manual(nodes),
           "node_setup": setup, **more}
    )
    client.clusters.create(GROUP, workspace, name, parameters).result()
    return wait_for_nodes(nodes, name, workspace)


def wait_for_nodes(nodes, name="c", workspace="w"):
    def ready():
        cluster = client.clusters.get(GROUP, workspace, name)
        is_ready = cluster.current_node_count == nodes and cluster.node_state_counts.idle_node_count == nodes
        return cluster if is_ready and cluster.allocation_state == "steady" else None

    return wait_until(f"{nodes} nodes of {name} are idle", ready)


def job_of(command=None, workspace="w", cluster="c", nodes=1, **more):
    """A job of one command on a cluster."""
    if command is not None:
        more["custom_toolkit_settings"] = models.CustomToolkitSettings(command_line=command)
    return models.JobCreateParameters(
        cluster=models.ResourceId(id=client.clusters.get(GROUP, workspace, cluster).id),
        node_count=nodes,
        std_out_err_path_prefix=more.pop("std_out_err_path_prefix", f"{ROOT}/share"),
        **more,
    )


def make_job(name, command=None, **more):
    return client.jobs.create(GROUP, "w", "e", name, job_of(command, **more)).result()


def job_in(name, *states):
    """The job, as soon as it is in one of these states."""
    def reached():
        job = client.jobs.get(GROUP, "w", "e", name)
        return job if job.execution_state in states else None

    return wait_until(f"{name} is {' or '.join(states)}", reached)


def files_of(name, directory_id, directory=".", **more):
    options = models.JobsListOutputFilesOptions(outputdirectoryid=directory_id, directory=directory, **more)
    return list(client.jobs.list_output_files(GROUP, "w", "e", name, options))


def text_of(name, directory_id, file, directory="."):
    """The text of one file of a job."""
    [found] = [found for found in files_of(name, directory_id, directory) if found.name == file]
    return service.download(found.download_url).decode()


def names_of(resources):
    return sorted(resource.name for resource in resources)


def workspaces():
    made = client.workspaces.create(GROUP, "w", "eastus", tags={"a": "1"}).result()
    assert (made.name, made.location, made.tags) == ("w", "eastus", {"a": "1"}), made
    assert made.type == "Microsoft.BatchAI/workspaces", made.type
    base = f"/subscriptions/{service.SUBSCRIPTION}/resourceGroups/{GROUP.lower()}/providers/Microsoft.BatchAI"
    assert made.id == f"{base}/workspaces/w", made.id
    assert made.provisioning_state == "succeeded" and made.creation_time.tzinfo, made
    again = client.workspaces.create(GROUP, "w", "westus2").result()
    assert (again.creation_time, again.location) == (made.creation_time, "eastus"), again
    client.workspaces.create("OtherGroup", "v", "eastus").result()
    assert client.workspaces.get(GROUP.upper(), "w").id == made.id
    assert names_of(client.workspaces.list()) == ["v", "w"]
    assert names_of(client.workspaces.list_by_resource_group(GROUP)) == ["w"]
    client.workspaces.delete(GROUP, "w").result()
    with refused(404, "WorkspaceNotFound"):
        client.workspaces.get(GROUP, "w")
    client.workspaces.delete(GROUP, "w").result()
    assert names_of(client.workspaces.list()) == ["v"]


def workspace_tags():
    client.workspaces.create(GROUP, "w", "eastus", tags={"a": "1"}).result()
    updated = client.workspaces.update(GROUP, "w", tags={"b": "2"})
    assert updated.tags == {"b": "2"}, updated.tags
    assert client.workspaces.get(GROUP, "w").tags == {"b": "2"}
    with refused(404, "WorkspaceNotFound"):
        client.workspaces.update(GROUP, "none", tags={"b": "2"})


def experiments():
    client.workspaces.create(GROUP, "w", "eastus").result()
    made = client.experiments.create(GROUP, "w", "e").result()
    assert (made.name, made.provisioning_state) == ("e", "succeeded"), made
    assert made.type == "Microsoft.BatchAI/workspaces/experiments", made.type
    assert client.experiments.create(GROUP, "w", "e").result().creation_time == made.creation_time
    client.experiments.create(GROUP, "w", "f").result()
    assert names_of(client.experiments.list_by_workspace(GROUP, "w")) == ["e", "f"]
    assert client.experiments.get(GROUP, "w", "e").id == made.id
    client.experiments.delete(GROUP, "w", "e").result()
    with refused(404, "ExperimentNotFound"):
        client.experiments.get(GROUP, "w", "e")
    assert names_of(client.experiments.list_by_workspace(GROUP, "w")) == ["f"]


def clusters():
    make_workspace()
    made = make_cluster(1, name="manual", vm_size="standard_d1")
    assert (made.vm_size, made.vm_priority) == ("STANDARD_D1", "dedicated"), made
    assert made.type == "Microsoft.BatchAI/workspaces/clusters", made.type
    admin = made.user_account_settings
    assert (admin.admin_user_name, admin.admin_user_password) == ("demo", None), admin
    [mounted] = made.node_setup.mount_volumes.azure_file_shares
    assert (mounted.account_name, mounted.credentials.account_key) == ("account", None), mounted
    assert made.errors is None and made.provisioning_state == "succeeded", made
    other = models.ClusterCreateParameters(
        vm_size="STANDARD_D1", vm_priority="lowpriority", user_account_settings=ADMIN, scale_settings=automatic(0, 2)
    )
    automatic_one = client.clusters.create(GROUP, "w", "automatic", other).result()
    assert automatic_one.scale_settings.auto_scale.maximum_node_count == 2, automatic_one
    assert automatic_one.vm_priority == "lowpriority", automatic_one
    assert names_of(client.clusters.list_by_workspace(GROUP, "w")) == ["automatic", "manual"]
    client.clusters.delete(GROUP, "w", "manual").result()
    with refused(404, "ClusterNotFound"):
        client.clusters.get(GROUP, "w", "manual")
    client.clusters.delete(GROUP, "w", "manual").result()
    assert names_of(client.clusters.list_by_workspace(GROUP, "w")) == ["automatic"]


def cluster_image_is_filled_in():
    make_workspace()
    image = make_cluster(0).virtual_machine_configuration.image_reference
    assert (image.publisher, image.offer) == ("Canonical", "UbuntuServer"), image
    assert (image.sku, image.version) == ("16.04-LTS", "latest"), image


def cluster_scale():
    make_workspace()
    make_cluster(2)
    shrunk = client.clusters.update(GROUP, "w", "c", scale_settings=manual(0))
    assert shrunk.scale_settings.manual.target_node_count == 0, shrunk
    wait_for_nodes(0)
    make_job("queued", "echo hi")
    assert client.jobs.get(GROUP, "w", "e", "queued").execution_state == "queued"
    grown = client.clusters.update(GROUP, "w", "c", scale_settings=automatic(0, 1))
    assert grown.scale_settings.manual is None and grown.scale_settings.auto_scale.maximum_node_count == 1, grown
    job_in("queued", "succeeded")
    with refused(400):
        client.clusters.update(GROUP, "w", "c", scale_settings=models.ScaleSettings())


def auto_scale():
    make_workspace()
    make_cluster(0, scale_settings=automatic(0, 1))
    make_job("j", "echo hi")
    job_in("j", "succeeded")
    assert client.clusters.get(GROUP, "w", "c").current_node_count <= 1


def remote_login():
    make_workspace()
    make_cluster(2)
    nodes = list(client.clusters.list_remote_login_information(GROUP, "w", "c"))
    assert len(nodes) == 2 and len({(node.ip_address, node.port) for node in nodes}) == 2, nodes
    assert all(node.node_id.startswith("tvm-") and node.port > 0 for node in nodes), nodes
    make_job("sleeps", "sleep 1000")
    job_in("sleeps", "running")
    [node] = client.jobs.list_remote_login_information(GROUP, "w", "e", "sleeps")
    assert node.node_id in [node.node_id for node in nodes], node
    make_cluster(0, name="empty")
    assert list(client.clusters.list_remote_login_information(GROUP, "w", "empty")) == []


def file_servers():
    make_workspace()
    parameters = models.FileServerCreateParameters(
        vm_size="STANDARD_D1",
        ssh_configuration=models.SshConfiguration(user_account_settings=ADMIN),
        data_disks=models.DataDisks(disk_size_in_gb=10, disk_count=2, storage_account_type="Standard_LRS"),
    )
    made = client.file_servers.create(GROUP, "w", "nfs", parameters).result()
    assert made.provisioning_state == "succeeded" and made.id.endswith("/fileservers/nfs"), made
    assert (made.data_disks.disk_count, made.data_disks.caching_type) == (2, "none"), made.data_disks
    assert made.mount_settings.mount_point and made.mount_settings.file_server_internal_ip, made.mount_settings
    assert made.ssh_configuration.user_account_settings.admin_user_password is None, made
    assert names_of(client.file_servers.list_by_workspace(GROUP, "w")) == ["nfs"]
    mounted = models.FileServerReference(file_server=models.ResourceId(id=made.id), relative_mount_path="nfs")
    make_cluster(1, node_setup=models.NodeSetup(mount_volumes=models.MountVolumes(file_servers=[mounted])))
    for name, command in [("writes", "echo kept > {}"), ("reads", "grep -x kept {}")]:
        make_job(name, command.format(f"{ROOT}/nfs/f"), std_out_err_path_prefix=f"{ROOT}/nfs")
        job_in(name, "succeeded")
    client.clusters.delete(GROUP, "w", "c").result()
    client.file_servers.delete(GROUP, "w", "nfs").result()
    with refused(404, "FileServerNotFound"):
        client.file_servers.get(GROUP, "w", "nfs")
    client.file_servers.delete(GROUP, "w", "nfs").result()
    assert list(client.file_servers.list_by_workspace(GROUP, "w")) == []


def jobs():
    make_workspace()
    cluster = make_cluster(1)
    parameters = job_of(
        "test $NAME = value && echo hi",
        environment_variables=[models.EnvironmentVariable(name="NAME", value="value")],
        input_directories=[models.InputDirectory(id="DATA", path=f"{ROOT}/share/data")],
        output_directories=[models.OutputDirectory(id="MODEL", path_prefix=f"{ROOT}/share", path_suffix="models")],
        job_preparation=models.JobPreparation(command_line="echo prepared"),
    )
    made = client.jobs.create(GROUP, "w", "e", "j", parameters).result()
    assert (made.name, made.tool_type, made.scheduling_priority) == ("j", "custom", "normal"), made
    assert made.type == "Microsoft.BatchAI/workspaces/experiments/jobs", made.type
    assert made.cluster.id == cluster.id and made.node_count == 1, made
    assert made.constraints.max_wall_clock_time.days == 7, made.constraints
    assert made.environment_variables[0].value == "value" and made.job_output_directory_path_segment, made
    done = job_in("j", "succeeded", "failed")
    info = done.execution_info
    assert (done.execution_state, info.exit_code, info.errors) == ("succeeded", 0, None), info
    assert made.creation_time <= info.start_time <= info.end_time, info
    again = client.jobs.create(GROUP, "w", "e", "j", parameters).result()
    assert again.creation_time == made.creation_time, again
    assert names_of(client.jobs.list_by_experiment(GROUP, "w", "e")) == ["j"]
    with refused(409):
        make_job("j", "echo another")
    client.jobs.delete(GROUP, "w", "e", "j").result()
    with refused(404, "JobNotFound"):
        client.jobs.get(GROUP, "w", "e", "j")
    make_job("j", "echo another")
    job_in("j", "succeeded")


def job_files():
    make_workspace()
    make_cluster(1)
    make_job(
        "j",
        "echo hi; cd $AZ_BATCHAI_OUTPUT_MODEL; touch empty; mkdir 'sub folder'; "
        "printf 0123456789 > 'sub folder/a b.txt'",
        output_directories=[models.OutputDirectory(id="MODEL", path_prefix=f"{ROOT}/share")],
    )
    job_in("j", "succeeded")
    logs = {file.name: file for file in files_of("j", "stdouterr")}
    assert {"stdout.txt", "stderr.txt", "execution.log"} <= set(logs), logs
    assert (logs["stdout.txt"].content_length, logs["stderr.txt"].content_length) == (3, 0), logs
    assert service.download(logs["stdout.txt"].download_url) == b"hi\n"
    assert service.download(logs["stderr.txt"].download_url) == b""
    model = {file.name: file for file in files_of("j", "MODEL")}
    kinds = {name: service.word(file.file_type) for name, file in model.items()}
    assert kinds == {"sub folder": "directory", "empty": "file"}, kinds
    assert model["sub folder"].download_url is None, model
    [file] = files_of("j", "MODEL", "sub folder")
    assert (file.name, file.content_length) == ("a b.txt", 10) and file.last_modified.tzinfo, file
    assert service.download(file.download_url) == b"0123456789"
    assert service.download(file.download_url, first=7) == b"789"
    past = requests.get(file.download_url, headers={"Range": "bytes=10-"}, timeout=service.PATIENCE)
    assert past.status_code == 416, past.status_code
    forged = requests.get(file.download_url.replace("a%20b.txt", "c.txt") + "0", timeout=service.PATIENCE)
    assert forged.status_code == 403, f"{forged.status_code}: {forged.text}"
    with refused(400):
        files_of("j", "NONE")
    with refused(400):
        files_of("j", "MODEL", "../../..")


def failing_jobs():
    make_workspace()
    make_cluster(1)
    make_job("fails", "exit 3")
    failed = job_in("fails", "failed").execution_info
    assert (failed.exit_code, failed.errors[0].code) == (3, "JobFailed"), failed
    assert failed.errors[0].message == "Job failed with non-zero exit code", failed.errors[0]
    make_job("unprepared", "echo never > $AZ_BATCHAI_MOUNT_ROOT/share/ran",
             job_preparation=models.JobPreparation(command_line="echo preparing; exit 4"))
    failed = job_in("unprepared", "failed").execution_info
    assert (failed.exit_code, failed.errors[0].code) == (4, "JobPreparationFailed"), failed
    assert text_of("unprepared", "stdouterr", "stdout-job_prep.txt") == "preparing\n"
    make_job("checks", "test ! -e $AZ_BATCHAI_MOUNT_ROOT/share/ran")
    job_in("checks", "succeeded")


def termination():
    make_workspace()
    make_cluster(1)
    make_job("running", "sleep 1000")
    job_in("running", "running")
    make_job("queued", "echo hi")
    for name in ["queued", "running"]:
        client.jobs.terminate(GROUP, "w", "e", name).result()
        ended = job_in(name, "failed").execution_info
        assert (ended.exit_code, ended.errors[0].code) == (None, "JobTerminated"), ended
        assert ended.start_time and ended.end_time, ended
    make_job("finished", "echo hi")
    job_in("finished", "succeeded")
    client.jobs.terminate(GROUP, "w", "e", "finished").result()
    assert client.jobs.get(GROUP, "w", "e", "finished").execution_state == "succeeded"
    make_job("deleted", "sleep 1000")
    job_in("deleted", "running")
    client.jobs.delete(GROUP, "w", "e", "deleted").result()
    assert names_of(client.jobs.list_by_experiment(GROUP, "w", "e")) == ["finished", "queued", "running"]
    with refused(404, "JobNotFound"):
        client.jobs.terminate(GROUP, "w", "e", "deleted").result()


def job_mounts():
    make_workspace()
    make_cluster(1)
    volumes = models.MountVolumes(
        azure_file_shares=[share("jobshare")],
        azure_blob_file_systems=[container()],
    )
    made = make_job(
        "j", "echo hi > $AZ_BATCHAI_OUTPUT_MODEL/result.txt", mount_volumes=volumes,
        std_out_err_path_prefix="$AZ_BATCHAI_JOB_MOUNT_ROOT/jobshare",
        output_directories=[models.OutputDirectory(id="MODEL", path_prefix="$AZ_BATCHAI_JOB_MOUNT_ROOT/container")],
    )
    assert made.mount_volumes.azure_blob_file_systems[0].credentials.account_key is None, made
    job_in("j", "succeeded")
    assert text_of("j", "MODEL", "result.txt") == "hi\n"
    make_job("looks", "test -d $AZ_BATCHAI_MOUNT_ROOT/share && test ! -e $AZ_BATCHAI_JOB_MOUNT_ROOT/jobshare")
    job_in("looks", "succeeded")


def paging():
    client.workspaces.create(GROUP, "w", "eastus").result()
    for name in ["e", "f", "g"]:
        client.experiments.create(GROUP, "w", name).result()
    options = models.ExperimentsListByWorkspaceOptions(max_results=1)
    pages = client.experiments.list_by_workspace(GROUP, "w", experiments_list_by_workspace_options=options)
    assert service.sizes_of(pages) == [1, 1, 1]
    pages = client.experiments.list_by_workspace(GROUP, "w", experiments_list_by_workspace_options=options)
    assert names_of(pages) == ["e", "f", "g"]
    assert names_of(client.experiments.list_by_workspace(GROUP, "w")) == ["e", "f", "g"]


def file_paging():
    make_workspace()
    make_cluster(1)
    make_job("j", "cd $AZ_BATCHAI_OUTPUT_MODEL; touch a b c",
             output_directories=[models.OutputDirectory(id="MODEL", path_prefix=f"{ROOT}/share")])
    job_in("j", "succeeded")
    assert [file.name for file in files_of("j", "MODEL", max_results=1)] == ["a", "b", "c"]


def errors():
    make_workspace()
    with refused(404, "ClusterNotFound"):
        client.clusters.get(GROUP, "w", "none")
    with refused(404, "JobNotFound"):
        client.jobs.get(GROUP, "w", "e", "none")
    with refused(404, "ExperimentNotFound"):
        client.jobs.get(GROUP, "w", "none", "none")
    with refused(404, "WorkspaceNotFound"):
        client.experiments.create(GROUP, "none", "e").result()
    both = models.ScaleSettings(manual=manual(1).manual, auto_scale=automatic(0, 1).auto_scale)
    parameters = models.ClusterCreateParameters(
        vm_size="STANDARD_D1",
        scale_settings=both,
        user_account_settings=models.UserAccountSettings(admin_user_name="", admin_user_password="Dem0Pa$$w0rd"),
    )
    with refused(400) as body:
        client.clusters.create(GROUP, "w", "c", parameters).result()
    targets = {detail["target"] for detail in body[0]["details"]}
    assert {"properties.scaleSettings", "properties.userAccountSettings.adminUserName"} <= targets, body
    make_cluster(0)
    with refused(409):
        make_cluster(0, vm_size="STANDARD_D2")
    with refused(400) as body:
        wrong = [models.OutputDirectory(id=f"not an id {number}", path_prefix="/tmp") for number in range(2)]
        make_job("j", "echo hi", output_directories=wrong)
    targets = [detail["target"] for detail in body[0]["details"]]
    assert targets == [f"properties.outputDirectories[{number}].id" for number in range(2)], body


def secrets():
    make_workspace()
    make_cluster(1)
    secret = models.EnvironmentVariableWithSecretValue(name="PASSWORD", value="do not tell")
    made = make_job("j", 'test "$(printf %s "$PASSWORD" | cut -c 4-)" = "not tell"', secrets=[secret])
    assert [(secret.name, secret.value) for secret in made.secrets] == [("PASSWORD", None)], made.secrets
    done = job_in("j", "succeeded", "failed")
    assert done.execution_info.exit_code == 0, done.execution_info
    raw = client.jobs.get(GROUP, "w", "e", "j", raw=True).response.text
    assert "do not tell" not in raw and "PASSWORD" in raw, raw


def setup_tasks():
    make_workspace()
    task = models.SetupTask(
        command_line="echo set up $WHAT > $AZ_BATCHAI_MOUNT_ROOT/share/set-up",
        std_out_err_path_prefix=f"{ROOT}/share",
        environment_variables=[models.EnvironmentVariable(name="WHAT", value="once")],
        secrets=[models.EnvironmentVariableWithSecretValue(name="PASSWORD", value="do not tell")],
    )
    volumes = models.MountVolumes(azure_file_shares=[share()])
    made = make_cluster(1, node_setup=models.NodeSetup(mount_volumes=volumes, setup_task=task))
    echoed = made.node_setup.setup_task
    assert echoed.command_line == task.command_line and echoed.std_out_err_path_suffix, echoed
    assert [(secret.name, secret.value) for secret in echoed.secrets] == [("PASSWORD", None)], echoed
    make_job("j", "cat $AZ_BATCHAI_MOUNT_ROOT/share/set-up")
    job_in("j", "succeeded")
    assert text_of("j", "stdouterr", "stdout.txt") == "set up once\n"
    failing = models.SetupTask(command_line="exit 5", std_out_err_path_prefix=f"{ROOT}/share")
    parameters = models.ClusterCreateParameters(
        vm_size="STANDARD_D1", user_account_settings=ADMIN, scale_settings=manual(1),
        node_setup=models.NodeSetup(mount_volumes=volumes, setup_task=failing),
    )
    client.clusters.create(GROUP, "w", "broken", parameters).result()

    def unusable():
        cluster = client.clusters.get(GROUP, "w", "broken")
        return cluster if cluster.node_state_counts.unusable_node_count == 1 else None

    assert wait_until("the node is unusable", unusable).errors, "a reason is expected"


def usages_and_operations():
    make_workspace()
    before = {usage.name.value: usage for usage in client.usages.list("eastus")}
    assert (before["Clusters"].limit == -1 or before["Clusters"].limit >= 1) and before["Clusters"].unit == "Count", before
    make_cluster(0)
    after = {usage.name.value: usage.current_value for usage in client.usages.list("eastus")}
    assert after["Clusters"] == before["Clusters"].current_value + 1, after
    operations = {operation.name: operation for operation in client.operations.list()}
    assert "Microsoft.BatchAI/workspaces/experiments/jobs/terminate/action" in operations, operations
    assert all(operation.display.provider and operation.display.operation for operation in operations.values())


def pytorch():
    make_workspace()
    make_cluster(2)
    script = "import os\nprint('rank', os.environ['AZ_BATCHAI_TASK_INDEX'], flush=True)\n"
    path = f"{ROOT}/share/train.py"
    settings = models.PyTorchSettings(python_script_file_path=path, communication_backend="TCP", process_count=2)
    make_job("writes", f"cat > {path} <<'END'\n{script}END\n")
    job_in("writes", "succeeded")
    made = make_job("trains", nodes=2, py_torch_settings=settings)
    assert (made.tool_type, made.node_count) == ("pytorch", 2), made
    done = job_in("trains", "succeeded", "failed")
    assert done.execution_info.exit_code == 0, done.execution_info
    assert text_of("trains", "stdouterr", "stdout-0.txt") == "rank 0\n"
    assert text_of("trains", "stdouterr", "stdout-1.txt") == "rank 1\n"


def deletion_of_a_full_workspace():
    make_workspace()
    make_workspace("untouched")
    make_cluster(1)
    make_job("runs", "sleep 1000")
    job_in("runs", "running")
    make_job("waits", "echo hi")
    client.workspaces.delete(GROUP, "w").result()
    assert names_of(client.workspaces.list()) == ["untouched"]
    with refused(404, "WorkspaceNotFound"):
        client.jobs.get(GROUP, "w", "e", "runs")


def deletion_of_a_cluster_keeps_its_jobs():
    make_workspace()
    make_cluster(1)
    make_job("j", "echo hi")
    job_in("j", "succeeded")
    client.clusters.delete(GROUP, "w", "c").result()
    assert names_of(client.jobs.list_by_experiment(GROUP, "w", "e")) == ["j"]
    client.jobs.delete(GROUP, "w", "e", "j").result()
    assert list(client.jobs.list_by_experiment(GROUP, "w", "e")) == []


service.run([
    workspaces, workspace_tags, experiments, clusters, cluster_image_is_filled_in, cluster_scale, auto_scale,
    remote_login, file_servers, jobs, job_files, failing_jobs, termination, job_mounts, paging,
    file_paging, errors, secrets, setup_tasks, usages_and_operations, pytorch, deletion_of_a_full_workspace,
    deletion_of_a_cluster_keeps_its_jobs,
])
